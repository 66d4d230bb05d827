#pragma once

#include <string>

namespace modelport::ultralytics {

/// The dotted name of today of a class that an older release pickled under `name`: `ultralytics.yolo.*` and others, by
/// one table (after ultralytics/nn/tasks.py, torch_safe_load).
std::string current_class_name(std::string name);

}  // namespace modelport::ultralytics
