#include "models/ultralytics/side_files.h"

#include "models/ultralytics/metadata_yaml.h"

namespace modelport::ultralytics {

std::span<const SideFile> side_files() {
  static constexpr SideFile kRows[] = {
      {"metadata.yaml", FrameworkEntries::kBeside,
       [](const SourceModel& model) { return metadata_yaml(model.facts.framework_metadata); }},
  };
  return kRows;
}

}  // namespace modelport::ultralytics
