#pragma once

#include <optional>
#include <string>

#include "vision/canvas.h"
#include "vision/prediction.h"

namespace modelport {

/// "person 0.91": the class's name (its number where there is none) and its score.
std::string class_label(int64_t class_index, double score, std::span<const std::string> class_names);

/// Whose predictions they are, where two sets share a picture.
struct DrawStyle {
  std::optional<Rgb> color;  ///< One for everything; absent: by class.
  std::string prefix;        ///< Before every label: "onnx ".
};

/// Draws a prediction on the picture that it was made of, which must be RGB: boxes upright or oriented with labels,
/// masks, keypoints joined by the contract's skeleton (those above a confidence of 0.5), class maps, best classes.
void draw(Image& picture, const Prediction& prediction, const ArtifactContract& contract, const Placement& placement,
          const DrawStyle& style = {});

/// The corners of a detection's box in the picture, upright or oriented.
std::array<Point, 4> corners_of(const Detection& detection, PredictionKind kind);

}  // namespace modelport
