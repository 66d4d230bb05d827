#include "export/capabilities.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/nearest_name.h"
#include "convention/schema.h"
#include "export/export_options.h"
#include "export/format_table.h"

namespace modelport {

namespace {

std::vector<std::string> supported_formats() {
  std::vector<std::string> names;
  for (const FormatRow& row : format_table()) {
    if (row.format != nullptr) names.emplace_back(row.name);
  }
  return names;
}

Json format_capabilities(const Trainer& trainer, const FormatRow& row) {
  Json entry = {{"format", row.name}, {"supported", row.format != nullptr}};
  if (row.format == nullptr) {
    entry["reason"] = row.reason;
    return entry;
  }
  entry["files"] = file_names(trainer, *row.format);
  const bool engine_found = row.engine != nullptr && row.engine()->is_likely();
  entry["proof"] = proof_name(engine_found ? Validation::kRuntime : Validation::kReference);
  entry["export_config"] = export_config_schema(trainer, row);
  return entry;
}

}  // namespace

Result<const FormatRow*> require_supported_format(std::string_view format) {
  const FormatRow* row = find_format(format);
  if (row != nullptr && row->format != nullptr) return row;
  const std::vector<std::string> supported = supported_formats();
  std::string why = row != nullptr ? std::string(row->reason) : "not a format of the export convention";
  if (row == nullptr) {
    std::vector<std::string> names;
    for (const FormatRow& known : format_table()) names.emplace_back(known.name);
    const std::string nearest = nearest_name(format, names);
    if (!nearest.empty()) why += fmt::format(", did you mean {}?", nearest);
  }
  return fail(ErrorCode::kUnsupportedFormat, "Unsupported format: {}: {}; supported: {}", format, why,
              fmt::join(supported, ", "));
}

Json capabilities(const Trainer& trainer) {
  Json tasks = Json::array();
  for (const Architecture& architecture : trainer.architectures) {
    const Json name = task_name(architecture.task);
    if (std::find(tasks.begin(), tasks.end(), name) == tasks.end()) tasks.push_back(name);
  }
  Json formats = Json::array();
  for (const FormatRow& row : format_table()) formats.push_back(format_capabilities(trainer, row));
  return {{"convention_version", kConventionVersion},
          {"framework", trainer.framework},
          {"exporter", trainer.executable},
          {"exporter_version", MODELPORT_VERSION},
          {"task_types", tasks},
          {"default_format", default_format().name},
          {"formats", formats},
          {"extensions", {"--capabilities", "--log_level", "multiple_formats", "verify", "inspect"}}};
}

}  // namespace modelport
