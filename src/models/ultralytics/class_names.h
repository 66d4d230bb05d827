#pragma once

#include <string>
#include <vector>

#include "modules/module_view.h"
#include "source/architecture.h"

namespace modelport::ultralytics {

struct ClassNames {
  std::vector<std::string> names;  ///< By class index.
  FactOrigin origin = FactOrigin::kCheckpoint;
};

/// One name for each of `class_count` classes: those of `request`, else the root model's `names`, a list or a dict from
/// index to name; numbers are spelled as Python's str() would, bytes are UTF-8. Classes without one, or whose name is
/// none of these or no single line, are "class0", "class1" ... as the framework's exporter makes them; names without a
/// class are left out. `notes` says of all. kInvalidArgument when the request names another number of classes.
Result<ClassNames> read_class_names(const ModuleView& root, int64_t class_count, const BuildRequest& request,
                                    std::vector<std::string>& notes);

}  // namespace modelport::ultralytics
