#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/checkpoint.h"
#include "source/export_option.h"
#include "source/model_source.h"
#include "source/module_aliases.h"
#include "source/side_file.h"
#include "source/source_model.h"

namespace modelport {

/// How a refusal for classes that are not translated begins (convention.md).
inline constexpr std::string_view kNotTranslated = "Not translated: ";

/// Which head of a detector is built.
enum class HeadChoice {
  kDefault,    ///< The one-to-many head, before NMS; the end-to-end one only where fusing has left no other.
  kEndToEnd,   ///< The one-to-one head with its own selection of the best rows, where the model has one.
  kNmsInside,  ///< The one-to-many head, followed by non-maximum suppression (passes/append_nms.cpp).
};

/// Whether boxes of different classes suppress each other.
enum class NmsClasses { kApart, kTogether };

/// What the artifact takes as its image.
enum class ImageInput {
  kNormalised,  ///< float32 [N, C, H, W], preprocessed by the consumer.
  kRgbPixels,   ///< uint8 [N, H, W, C] as a camera gives it (passes/embed_preprocessing.cpp).
  kBgrPixels,   ///< The same with the channels in the order of OpenCV.
};

/// What the user asked of the model itself, before any format.
struct BuildRequest {
  std::optional<std::array<int64_t, 2>> image_size;  ///< {height, width}; absent: as trained.
  int64_t batch = 1;
  DynamicAxes dynamic = DynamicAxes::kNone;
  double confidence_threshold = 0.25;
  double iou_threshold = 0.7;
  HeadChoice head = HeadChoice::kDefault;
  int64_t max_detections = 300;  ///< Rows of an end-to-end head, and of NMS.
  NmsClasses nms_classes = NmsClasses::kApart;
  ImageInput image_input = ImageInput::kNormalised;
  ModuleAliases module_aliases;
  std::vector<std::string> class_names;  ///< Of all classes, in place of the checkpoint's; empty: the checkpoint's.

  friend bool operator==(const BuildRequest&, const BuildRequest&) = default;
};

/// One row per architecture that a trainer knows.
struct Architecture {
  std::string_view name;  ///< "yolo detector", "convnext_tiny", "vit"
  Task task;
  /// The literal translation. Everything it reads goes through the source's account; the caller checks that nothing is
  /// left over.
  Result<SourceModel> (*build)(const ModelSource& source, const BuildRequest& request);
};

/// A trainer: its framework and the table of what it translates. Handed to export/ as data, so that no family's code is
/// linked unless named.
struct Trainer {
  std::string_view framework;   ///< "ultralytics"
  std::string_view executable;  ///< "modelport-ultralytics"
  /// What its checkpoints hold beside what every one may; handed to open_checkpoint.
  CheckpointFamilies families;
  std::span<const Architecture> architectures;
  /// What it reads of export_config beside the options that every trainer has.
  std::span<const ExportOption<BuildRequest>> options;
  std::span<const SideFile> side_files;
  /// The name of the architecture that a checkpoint is of; or why it is of none: of another framework (which), an
  /// unknown class (named), only tensors.
  Result<std::string> (*architecture_of)(const Checkpoint& checkpoint, const BuildRequest& request);
  /// The names of the checkpoint, as its architecture reads them. Errors: what makes a network another than its names
  /// say (forward hooks). The checkpoint must outlive the source.
  Result<std::unique_ptr<ModelSource>> (*open)(const Checkpoint& checkpoint, const BuildRequest& request);
  /// The module classes that an alias may stand for; null: this trainer takes no aliases.
  std::vector<std::string> (*module_classes)() = nullptr;
};

/// A model, and what it was read from.
struct Translated {
  std::unique_ptr<ModelSource> source;
  SourceModel model;
};

/// The literal translation of a checkpoint, with every name of it accounted for. Errors are those of `architecture_of`,
/// `open`, `build` and Account::require_everything_accounted_for.
Result<Translated> translate(const Trainer& trainer, const Checkpoint& checkpoint, const BuildRequest& request);

}  // namespace modelport
