#pragma once

#include <string>
#include <string_view>

#include "source/source_model.h"

namespace modelport {

/// Where a format's artifacts have what the framework's own tools want to know, ModelFacts::framework_metadata.
enum class FrameworkEntries {
  kInside,  ///< In the model's own file.
  kBeside,  ///< Nowhere: the family may put a file beside it.
};

/// A file that a family puts beside its artifacts.
struct SideFile {
  std::string_view name;     ///< "metadata.yaml"
  FrameworkEntries entries;  ///< Of the formats beside whose artifacts it lies.
  std::string (*content)(const SourceModel& model);
};

}  // namespace modelport
