#include "models/ultralytics/names/legacy_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string_view>

namespace modelport::ultralytics {

namespace {

struct OldName {
  /// A whole class name, or a prefix that ends in '.'.
  std::string_view old_name;
  std::string_view name;
};

// As ultralytics/nn/tasks.py, torch_safe_load, maps module names when it unpickles.
constexpr OldName kOldNames[] = {
    {"ultralytics.nn.modules.block.Silence", "torch.nn.modules.linear.Identity"},
    {"ultralytics.nn.tasks.YOLOv10DetectionModel", "ultralytics.nn.tasks.DetectionModel"},
    {"ultralytics.utils.loss.v10DetectLoss", "ultralytics.utils.loss.E2EDetectLoss"},
    // How the registry's package of the original YOLOv5 names it.
    {"yolov5.models.", "models."},
    {"ultralytics.yolo.v8.", "ultralytics.models.yolo."},
    {"ultralytics.yolo.data.", "ultralytics.data."},
    {"ultralytics.yolo.utils.", "ultralytics.utils."},
    {"ultralytics.yolo.", "ultralytics."},
};

// Before 8.0.136 every block was in one file, ultralytics/nn/modules.py.
constexpr std::string_view kConvClasses[] = {"Conv",
                                             "Conv2",
                                             "LightConv",
                                             "DWConv",
                                             "DWConvTranspose2d",
                                             "ConvTranspose",
                                             "Focus",
                                             "GhostConv",
                                             "ChannelAttention",
                                             "SpatialAttention",
                                             "CBAM",
                                             "Concat",
                                             "RepConv",
                                             "Index"};
constexpr std::string_view kHeadClasses[] = {"Detect", "Segment",       "Pose",     "Classify",
                                             "OBB",    "RTDETRDecoder", "v10Detect"};
constexpr std::string_view kTransformerClasses[] = {"TransformerEncoderLayer",
                                                    "TransformerLayer",
                                                    "TransformerBlock",
                                                    "MLPBlock",
                                                    "LayerNorm2d",
                                                    "AIFI",
                                                    "DeformableTransformerDecoder",
                                                    "DeformableTransformerDecoderLayer",
                                                    "MSDeformAttn",
                                                    "MLP"};

std::string in_current_file(std::string_view name) {
  constexpr std::string_view kOldFile = "ultralytics.nn.modules.";
  const std::string_view short_name = name.substr(kOldFile.size());
  const auto holds = [&](std::span<const std::string_view> names) {
    return std::ranges::find(names, short_name) != names.end();
  };
  const std::string_view file = holds(kConvClasses)          ? "conv"
                                : holds(kHeadClasses)        ? "head"
                                : holds(kTransformerClasses) ? "transformer"
                                                             : "block";
  return fmt::format("{}{}.{}", kOldFile, file, short_name);
}

}  // namespace

std::string current_class_name(std::string name) {
  for (const OldName& row : kOldNames) {
    if (row.old_name.ends_with('.') ? name.starts_with(row.old_name) : name == row.old_name)
      name.replace(0, row.old_name.size(), row.name);
  }
  constexpr std::string_view kModules = "ultralytics.nn.modules.";
  const bool in_one_file = name.starts_with(kModules) && name.find('.', kModules.size()) == std::string::npos;
  return in_one_file ? in_current_file(name) : name;
}

}  // namespace modelport::ultralytics
