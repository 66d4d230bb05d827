#include "cli/prediction_report.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/printable.h"
#include "vision/draw.h"
#include "vision/mask.h"

namespace modelport {

namespace {

double thousandths(double value) { return std::round(value * 1000.0) / 1000.0; }

std::string class_name(int64_t index, const ArtifactContract& contract) {
  const bool named = index >= 0 && static_cast<size_t>(index) < contract.class_names.size();
  return named ? contract.class_names[static_cast<size_t>(index)] : std::to_string(index);
}

/// Lengths of alternating runs, the first of zeros.
Json runs_of(const std::vector<uint8_t>& mask) {
  Json runs = Json::array();
  uint8_t current = 0;
  int64_t length = 0;
  for (const uint8_t value : mask) {
    if (value != current) {
      runs.push_back(length);
      current = value;
      length = 0;
    }
    ++length;
  }
  runs.push_back(length);
  return runs;
}

Json detection_json(const Detection& detection, PredictionKind kind, const ArtifactContract& contract,
                    const Placement& placement) {
  Json json = {{"class", detection.class_index},
               {"name", class_name(detection.class_index, contract)},
               {"score", detection.score}};
  for (const double value : detection.box) json["box"].push_back(thousandths(value));
  if (kind == PredictionKind::kOrientedBoxes) {
    json["angle"] = detection.angle;
    for (const Point& corner : corners_of(detection, kind))
      json["corners"].push_back({thousandths(corner.x), thousandths(corner.y)});
  }
  for (const Keypoint& point : detection.keypoints)
    json["keypoints"].push_back({thousandths(point.x), thousandths(point.y), point.confidence});
  if (!detection.mask.pixels.empty()) {
    json["mask"] = {{"size", {placement.image_height, placement.image_width}},
                    {"runs", runs_of(mask_in_picture(detection.mask, placement))}};
  }
  return json;
}

std::map<uint16_t, int64_t> pixel_counts(const ClassMap& map) {
  std::map<uint16_t, int64_t> counts;
  for (const uint16_t number : map.classes) ++counts[number];
  return counts;
}

std::string box_text(const Detection& detection, PredictionKind kind) {
  const auto& [a, b, c, d] = detection.box;
  if (kind != PredictionKind::kOrientedBoxes) return fmt::format("{:.1f} {:.1f} {:.1f} {:.1f}", a, b, c, d);
  return fmt::format("centre {:.1f} {:.1f} size {:.1f} {:.1f} angle {:.3f}", a, b, c, d, detection.angle);
}

}  // namespace

Json prediction_json(const Prediction& prediction, const ArtifactContract& contract, const Placement& placement) {
  Json json = {{"width", placement.image_width}, {"height", placement.image_height}};
  if (prediction.kind == PredictionKind::kClasses) {
    Json& classes = json["classes"] = Json::array();
    for (const ClassScore& best : prediction.top_classes) {
      classes.push_back(
          {{"class", best.class_index}, {"name", class_name(best.class_index, contract)}, {"score", best.score}});
    }
    return json;
  }
  if (prediction.kind == PredictionKind::kClassMap) {
    Json& classes = json["class_pixels"] = Json::array();
    for (const auto& [number, count] : pixel_counts(prediction.class_map))
      classes.push_back({{"class", number}, {"name", class_name(number, contract)}, {"pixels", count}});
    return json;
  }
  Json& detections = json["detections"] = Json::array();
  for (const Detection& detection : prediction.detections)
    detections.push_back(detection_json(detection, prediction.kind, contract, placement));
  return json;
}

std::string prediction_text(const Prediction& prediction, const ArtifactContract& contract) {
  std::string text;
  for (const ClassScore& best : prediction.top_classes)
    text += fmt::format("  {:<20} {:.4f}\n", printable(class_name(best.class_index, contract)), best.score);
  for (const auto& [number, count] : pixel_counts(prediction.class_map))
    text += fmt::format("  {:<20} {} pixels\n", printable(class_name(number, contract)), count);
  for (const Detection& detection : prediction.detections) {
    text += fmt::format("  {:<20} {:.4f}  {}", printable(class_name(detection.class_index, contract)), detection.score,
                        box_text(detection, prediction.kind));
    if (!detection.keypoints.empty()) text += fmt::format("  {} keypoints", detection.keypoints.size());
    const auto pixels = std::ranges::count(detection.mask.pixels, 1);
    if (!detection.mask.pixels.empty()) text += fmt::format("  mask of {} input pixels", pixels);
    text += "\n";
  }
  return text;
}

}  // namespace modelport
