#include "service/backend/submission.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/nearest_name.h"
#include "base/printable.h"
#include "convention/schema.h"
#include "service/backend/export_config_check.h"

namespace modelport {

namespace {

constexpr size_t kLongestText = 200;
constexpr size_t kLongestUrl = 2000;
constexpr size_t kLargestConfig = 100'000;

Error unknown(std::string_view field, std::string_view value, const std::vector<std::string>& valid) {
  Error error =
      fail(ErrorCode::kInvalidArgument, "{} \"{}\" is unknown", field, printable(value.substr(0, kLongestText)));
  const std::string nearest = nearest_name(value, valid);
  error.hint = fmt::format("valid are {}{}", fmt::join(valid, ", "),
                           nearest.empty() ? "" : fmt::format("; did you mean {}?", nearest));
  return error;
}

Status check_texts(const JobRequest& request) {
  struct Field {
    std::string_view name;
    const std::string& value;
    size_t longest;
  };
  const Field fields[] = {
      {"training_job_id", request.training_job_id, kLongestText}, {"version_tag", request.version_tag, kLongestText},
      {"checkpoint_name", request.checkpoint_name, kLongestText}, {"webhook_url", request.webhook_url, kLongestUrl},
      {"checkpoint_path", request.checkpoint_path, 4096},
  };
  for (const Field& field : fields) {
    if (field.value.size() > field.longest)
      return fail(ErrorCode::kInvalidArgument, "{} has {} bytes, at most {} are allowed", field.name,
                  field.value.size(), field.longest);
    if (printable(field.value) != field.value)
      return fail(ErrorCode::kInvalidArgument, "{} holds characters that it may not", field.name);
  }
  if (!request.export_config.is_object()) return fail(ErrorCode::kInvalidArgument, "export_config is no object");
  if (request.export_config.dump(-1, ' ', false, Json::error_handler_t::replace).size() > kLargestConfig)
    return fail(ErrorCode::kInvalidArgument, "export_config is larger than {} bytes", kLargestConfig);
  return {};
}

Status check_checkpoint(const JobRequest& request, CheckpointStore& checkpoints) {
  if (request.checkpoint_id.empty() == request.checkpoint_path.empty())
    return fail(ErrorCode::kInvalidArgument, "one of checkpoint_id and checkpoint_path is needed, and not both");
  if (request.checkpoint_id.empty()) return checkpoints.check_path(request.checkpoint_path);
  CHECK_OK(checkpoints.find(request.checkpoint_id));
  return {};
}

}  // namespace

Status check_request(const JobRequest& request, const TrainerRegistry& trainers,
                     const std::vector<AvailabilityOverride>& overrides, CheckpointStore& checkpoints) {
  const TrainerRegistry::Trainer trainer = trainers.of_framework(request.framework);
  const FrameworkCapability* framework = trainer ? trainer->capability_of(request.framework) : nullptr;
  if (framework == nullptr) return unknown("framework", request.framework, trainers.frameworks());
  const auto format = std::ranges::find(framework->formats, request.export_format, &FormatCapability::format);
  if (format == framework->formats.end()) {
    return unknown("export_format", request.export_format,
                   {std::begin(kConventionFormats), std::end(kConventionFormats)});
  }
  const auto reason_against = [&](const FormatCapability& row) -> std::optional<std::string> {
    if (!row.supported) return row.reason;
    const AvailabilityOverride* entry =
        find_availability_override(overrides, request.framework, row.format, trainer->fingerprint);
    return entry == nullptr ? std::nullopt : std::optional(entry->reason);
  };
  if (const auto reason = reason_against(*format)) {
    Error error = fail(ErrorCode::kUnsupportedFormat, "{} cannot be exported to {}: {}", request.framework,
                       request.export_format, *reason);
    std::vector<std::string> available;
    for (const FormatCapability& row : framework->formats) {
      if (!reason_against(row)) available.push_back(row.format);
    }
    error.hint =
        available.empty() ? "no format is available" : fmt::format("available are {}", fmt::join(available, ", "));
    return error;
  }
  CHECK_OK(check_texts(request));
  if (const auto wrong = check_export_config(request.export_config, format->export_config_schema))
    return fail(ErrorCode::kInvalidArgument, "{}", wrong->message);
  return check_checkpoint(request, checkpoints);
}

}  // namespace modelport
