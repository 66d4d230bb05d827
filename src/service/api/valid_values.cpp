#include "service/api/valid_values.h"

#include <algorithm>

#include "base/nearest_name.h"
#include "base/printable.h"
#include "service/backend/export_config_check.h"
#include "service/http/site.h"

namespace modelport {

namespace {

Problem wrong_value(std::string_view parameter, std::string_view value, std::vector<std::string> valid) {
  const std::string nearest = nearest_name(value, valid);
  Problem problem = make_problem(400, "invalid_parameter",
                                 fmt::format("there is no {} {}{}", parameter, printable(value),
                                             nearest.empty() ? "" : fmt::format("; did you mean {}?", nearest)));
  problem.parameter = parameter;
  problem.valid_values = std::move(valid);
  return problem;
}

}  // namespace

std::optional<Problem> unknown_framework(std::span<const FrameworkCapability> all, const std::string& name) {
  if (name.empty() || std::ranges::find(all, name, &FrameworkCapability::framework) != all.end()) return std::nullopt;
  std::vector<std::string> valid;
  for (const FrameworkCapability& framework : all) valid.push_back(framework.framework);
  return wrong_value("framework", name, std::move(valid));
}

std::optional<Problem> unavailable_format(std::span<const FrameworkCapability> all, const std::string& framework,
                                          const std::string& format) {
  const auto found = std::ranges::find(all, framework, &FrameworkCapability::framework);
  if (found == all.end()) return std::nullopt;
  std::vector<std::string> valid;
  for (const FormatCapability& row : found->formats) {
    if (row.supported) valid.push_back(row.format);
  }
  const auto row = std::ranges::find(found->formats, format, &FormatCapability::format);
  if (row == found->formats.end()) return wrong_value("export_format", format, std::move(valid));
  if (row->supported) return std::nullopt;
  Problem problem = make_problem(400, "unsupported_format", printable(row->reason));
  problem.parameter = "export_format";
  problem.valid_values = std::move(valid);
  return problem;
}

std::optional<Problem> wrong_export_config(std::span<const FrameworkCapability> all, const JobRequest& request) {
  const auto framework = std::ranges::find(all, request.framework, &FrameworkCapability::framework);
  if (framework == all.end()) return std::nullopt;
  const auto format = std::ranges::find(framework->formats, request.export_format, &FormatCapability::format);
  if (format == framework->formats.end()) return std::nullopt;
  auto wrong = check_export_config(request.export_config, format->export_config_schema);
  if (!wrong) return std::nullopt;
  Problem problem = make_problem(422, "invalid_export_config", std::move(wrong->message));
  problem.parameter = std::move(wrong->path);
  problem.valid_values = std::move(wrong->valid_values);
  return problem;
}

}  // namespace modelport
