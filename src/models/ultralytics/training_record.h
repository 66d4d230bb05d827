#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/checkpoint.h"
#include "modules/module_view.h"
#include "source/source_model.h"

/// What an Ultralytics checkpoint records beside the network: `train_args`, `yaml`, version, date.
namespace modelport::ultralytics {

/// A setting that the model was trained with, from the checkpoint's `train_args` (`opt` in those of the original
/// YOLOv5) or, where it has none, the model's `args`; null when neither has it.
const PickleValue* training_argument(const Checkpoint& checkpoint, const ModuleView& root, std::string_view name);

/// An entry of the model's `yaml` dict, or null.
const PickleValue* yaml_entry(const ModuleView& root, std::string_view name);

/// A text or number of the checkpoint's top-level dict ("version", "date", "license", "docs") as text, or "".
std::string record_text(const Checkpoint& checkpoint, std::string_view name);

/// "yolo11n" from the yaml's name and its scale; the stem of a custom yaml's name as it is; without one, the stem of
/// the checkpoint's own file name.
std::string model_name(const Checkpoint& checkpoint, const ModuleView& root);

/// {height, width} at which the model is exported when nobody says otherwise: `imgsz` of its training, in any form of
/// source/image_size.h, else 640.
Result<std::array<int64_t, 2>> default_image_size(const Checkpoint& checkpoint, const ModuleView& root);

/// The size with both sides rounded up to multiples of `stride`; adds a note when that changes it
/// (ultralytics/utils/checks.py, check_imgsz). kInvalidArgument when a side is below 1 or above 16384.
Result<std::array<int64_t, 2>> round_to_stride(std::array<int64_t, 2> size, int64_t stride,
                                               std::vector<std::string>& notes);

}  // namespace modelport::ultralytics
