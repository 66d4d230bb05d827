#pragma once

#include <span>
#include <string>

#include "source/architecture.h"

namespace modelport::ultralytics {

/// The classes that tell architectures apart, after aliases; "" where there is none.
struct ModelClasses {
  std::string root;  ///< "ultralytics.nn.tasks.DetectionModel"
  std::string head;  ///< Of the last layer of root.model: "ultralytics.nn.modules.head.Detect".
};
ModelClasses model_classes(const Checkpoint& checkpoint, const ClassAliases& aliases);

/// One pair of root class and class of the last layer, or a few.
struct ArchitectureRow {
  Architecture architecture;
  std::string_view root_class;  ///< For messages.
  bool (*matches)(const ModelClasses& classes);
};
std::span<const ArchitectureRow> architecture_rows();

/// The same as the trainer has them.
std::span<const Architecture> architecture_table();

}  // namespace modelport::ultralytics
