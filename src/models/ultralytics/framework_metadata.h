#pragma once

#include <string_view>

#include "checkpoint/checkpoint.h"
#include "source/architecture.h"

namespace modelport::ultralytics {

/// The entries that the framework's exporter writes into its artifacts (ultralytics/engine/exporter.py, Exporter) and
/// that its YOLO(file) reads back (nn/backends/base.py, apply_metadata), each as Python's str() of the value, in its
/// order. `model` has its facts and sizes filled in; `head` is the class of the last layer, "Detect". The date and
/// version are the checkpoint's. `args` holds what a reader asks for: batch, dynamic, nms.
std::vector<std::pair<std::string, std::string>> framework_metadata(const SourceModel& model, std::string_view head,
                                                                    HeadChoice choice);

/// "Ultralytics YOLO11n model trained on coco8.yaml", as the exporter words it.
std::string description(std::string_view model_name, std::string_view data);

}  // namespace modelport::ultralytics
