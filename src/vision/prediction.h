#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "tensor/tensor.h"
#include "vision/preprocess.h"

namespace modelport {

struct Keypoint {
  double x = 0.0, y = 0.0;
  double confidence = 1.0;  ///< 1 where the model predicts none.
};

/// Keypoints of a higher confidence than this are drawn and compared.
inline constexpr double kVisible = 0.5;

/// One bit of an instance for each pixel of the input (not of the picture), 0 or 1.
struct InstanceMask {
  int64_t width = 0, height = 0;
  std::vector<uint8_t> pixels;
};

/// One object, in pixels of the picture.
struct Detection {
  std::array<double, 4> box{};  ///< x1, y1, x2, y2; of an oriented box cx, cy, w, h.
  double angle = 0.0;           ///< Radians, clockwise on the screen; of oriented boxes only.
  double score = 0.0;
  int64_t class_index = 0;
  std::vector<Keypoint> keypoints;
  InstanceMask mask;  ///< Empty where the model has none.
};

struct ClassScore {
  int64_t class_index = 0;
  double score = 0.0;
};

/// Class numbers of every pixel of the picture.
struct ClassMap {
  int64_t width = 0, height = 0;
  std::vector<uint16_t> classes;
};

/// What an artifact says of one picture: the members that its kind has.
struct Prediction {
  PredictionKind kind = PredictionKind::kBoxes;
  std::vector<Detection> detections;    ///< By score, best first.
  std::vector<ClassScore> top_classes;  ///< The best `top_k`, best first.
  ClassMap class_map;
};

/// What the outputs of one run mean for picture `index` of the batch, by the contract alone: confidence filter,
/// non-maximum suppression where it is still to do, masks, keypoints, coordinates back in the picture. Outputs are in
/// the contract's order. kValidationFailed where their shapes contradict the contract.
Result<Prediction> interpret(std::span<const Tensor> outputs, int64_t index, const ArtifactContract& contract,
                             const Placement& placement);

}  // namespace modelport
