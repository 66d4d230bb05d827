#pragma once

#include <string>
#include <vector>

#include "checkpoint/module_view.h"
#include "source/source_model.h"

namespace modelport::ultralytics {

struct ClassNames {
  std::vector<std::string> names;  ///< By class index.
  FactOrigin origin = FactOrigin::kCheckpoint;
};

/// The root model's `names`, a list or a dict from index to name; what is not text is spelled as Python's str() would.
/// Without any, "class0", "class1" ... as the framework's exporter makes them. kInconsistentModel unless there is
/// exactly one name for each of `class_count` classes.
Result<ClassNames> read_class_names(const ModuleView& root, int64_t class_count);

}  // namespace modelport::ultralytics
