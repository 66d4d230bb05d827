#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "tensor/dtype.h"
#include "vision/resize.h"

namespace modelport {

/// How a picture comes to the input's size.
enum class FitMode { kLetterbox, kStretch, kShortestEdgeCenterCrop };

/// Order of the axes of the image input.
enum class InputLayout { kNchw, kNhwc };

/// Whether x = (pixel * scale - mean) / std is the consumer's to do, or the artifact's.
enum class Normalization { kByConsumer, kByArtifact };

enum class ColorOrder { kRgb, kBgr, kGray };

/// From an image file to the input, as metadata.json's `preprocessing` and `extra_metadata.inputs` say.
struct InputContract {
  std::string name = "images";
  DType dtype = DType::kFloat32;
  InputLayout layout = InputLayout::kNchw;
  int64_t batch = 1;
  int64_t height = 0;
  int64_t width = 0;
  int64_t channels = 3;
  ColorOrder order = ColorOrder::kRgb;
  FitMode mode = FitMode::kLetterbox;
  Interpolation interpolation = Interpolation::kBilinear;
  uint8_t pad_value = 114;
  double crop_fraction = 1.0;
  Normalization normalization = Normalization::kByConsumer;
  double scale = 1.0 / 255.0;
  std::vector<double> mean, std;  ///< One per channel.
};

/// What the numbers of the outputs are.
enum class PredictionKind {
  kClasses,        ///< [batch, classes]: scores.
  kBoxes,          ///< Upright boxes.
  kMasks,          ///< Upright boxes with mask coefficients, and prototypes in a second output.
  kPoses,          ///< Upright boxes with keypoints.
  kOrientedBoxes,  ///< Boxes with an angle.
  kClassMap,       ///< [batch, H, W] class numbers, or [batch, classes, H, W] logits.
};

enum class RowState {
  kCandidates,            ///< [batch, 4 + classes + more, anchors], before non-maximum suppression.
  kObjectnessCandidates,  ///< [batch, anchors, 4 + objectness + classes + more], the same: score = objectness x class.
  kSelected,  ///< [batch, rows, 6 + more]: box, score, class, more. Nothing but the confidence is left to apply.
};

enum class CornerFormat { kCorners, kCenterAndSize };
enum class CoordinateUnit { kInputPixels, kFraction };
enum class ClassScope { kPerClass, kAgnostic };

/// From the outputs to predictions, as metadata.json's `postprocessing` and task facts say.
struct OutputContract {
  PredictionKind kind = PredictionKind::kBoxes;
  std::vector<std::string> names;  ///< The outputs, in the artifact's order; may be empty.
  RowState rows = RowState::kCandidates;
  CornerFormat corners = CornerFormat::kCenterAndSize;
  CoordinateUnit unit = CoordinateUnit::kInputPixels;  ///< Of boxes.
  CoordinateUnit keypoint_unit = CoordinateUnit::kInputPixels;
  ClassScope scope = ClassScope::kPerClass;
  double confidence = 0.25;
  double iou = 0.7;
  int64_t max_detections = 300;
  int64_t top_k = 5;
  int64_t keypoints = 0;
  std::vector<std::string> keypoint_names;
  std::vector<std::array<int64_t, 2>> skeleton;  ///< Pairs of 1-based keypoint numbers.
};

/// Everything a consumer must know of an artifact; metadata.json and nothing else says it.
struct ArtifactContract {
  std::string format;                    ///< "onnx"
  std::string model_name;                ///< "yolo11n"
  std::string file;                      ///< The artifact's first file beside metadata.json; may be empty.
  std::vector<std::string> class_names;  ///< May be shorter than the classes: numbers then stand for names.
  InputContract input;
  OutputContract output;
};

/// Reads metadata.json of this or another exporter of the convention; what it leaves out has the convention's own
/// meaning. kInvalidArgument names the field that is missing, of the wrong type, or asks for what is not done here.
Result<ArtifactContract> read_contract(const Json& metadata);

}  // namespace modelport
