#pragma once

#include <string>

#include "base/json.h"
#include "vision/prediction.h"

namespace modelport {

/// A prediction as JSON: per detection class, name, score, box (x1, y1, x2, y2; cx, cy, w, h and angle with its four
/// corners where oriented), keypoints, and the mask as run lengths row by row over the picture, starting with zeros;
/// or the best classes; or the classes of a class map and how many pixels each has.
Json prediction_json(const Prediction& prediction, const ArtifactContract& contract, const Placement& placement);

/// The same for people, one indented line a detection.
std::string prediction_text(const Prediction& prediction, const ArtifactContract& contract);

}  // namespace modelport
