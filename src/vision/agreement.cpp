#include "vision/agreement.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "vision/suppression.h"

namespace modelport {

namespace {

constexpr double kPairOverlap = 0.5;

double overlap(const Detection& a, const Detection& b, PredictionKind kind) {
  if (kind == PredictionKind::kOrientedBoxes) {
    Candidate first, second;
    std::ranges::transform(a.box, first.box.begin(), [](double value) { return static_cast<float>(value); });
    std::ranges::transform(b.box, second.box.begin(), [](double value) { return static_cast<float>(value); });
    first.angle = static_cast<float>(a.angle);
    second.angle = static_cast<float>(b.angle);
    return probabilistic_iou(first, second);
  }
  const double width = std::min(a.box[2], b.box[2]) - std::max(a.box[0], b.box[0]);
  const double height = std::min(a.box[3], b.box[3]) - std::max(a.box[1], b.box[1]);
  const double inner = std::max(width, 0.0) * std::max(height, 0.0);
  const auto area = [](const Detection& d) { return (d.box[2] - d.box[0]) * (d.box[3] - d.box[1]); };
  const double whole = area(a) + area(b) - inner;
  return whole > 0.0 ? inner / whole : 0.0;
}

void raise(double& largest, double value) { largest = std::max(largest, std::abs(value)); }

void add_pair(const Detection& a, const Detection& b, Agreement& agreement) {
  ++agreement.matched;
  for (size_t i = 0; i < 4; ++i) raise(agreement.box_difference, a.box[i] - b.box[i]);
  raise(agreement.score_difference, a.score - b.score);
  raise(agreement.angle_difference, std::remainder(a.angle - b.angle, std::numbers::pi));
  for (size_t i = 0; i < std::min(a.keypoints.size(), b.keypoints.size()); ++i) {
    const Keypoint &p = a.keypoints[i], &q = b.keypoints[i];
    if (std::max(p.confidence, q.confidence) <= kVisible) continue;
    raise(agreement.keypoint_difference, p.x - q.x);
    raise(agreement.keypoint_difference, p.y - q.y);
  }
  int64_t pixels = 0;
  for (size_t i = 0; i < std::min(a.mask.pixels.size(), b.mask.pixels.size()); ++i)
    pixels += a.mask.pixels[i] != b.mask.pixels[i];
  agreement.mask_pixels = std::max(agreement.mask_pixels, pixels);
}

void pair_detections(const Prediction& first, const Prediction& second, Agreement& agreement) {
  std::vector<bool> taken(second.detections.size(), false);
  for (const Detection& detection : first.detections) {
    double best = -1.0;
    size_t partner = taken.size();
    for (size_t j = 0; j < taken.size(); ++j) {
      const Detection& other = second.detections[j];
      if (taken[j] || other.class_index != detection.class_index) continue;
      const double shared = overlap(detection, other, first.kind);
      // Boxes that leave the picture on all sides are clipped to the same one: their scores tell them apart.
      const double alike = shared - std::abs(detection.score - other.score);
      if (shared < kPairOverlap || alike <= best) continue;
      best = alike;
      partner = j;
    }
    if (partner == taken.size()) continue;
    taken[partner] = true;
    add_pair(detection, second.detections[partner], agreement);
  }
}

}  // namespace

Agreement agreement_of(const Prediction& first, const Prediction& second) {
  Agreement agreement;
  const auto counts = [&](size_t a, size_t b) {
    agreement.first = static_cast<int64_t>(a);
    agreement.second = static_cast<int64_t>(b);
  };
  if (first.kind == PredictionKind::kClasses) {
    counts(first.top_classes.size(), second.top_classes.size());
    for (size_t i = 0; i < std::min(first.top_classes.size(), second.top_classes.size()); ++i) {
      agreement.matched += first.top_classes[i].class_index == second.top_classes[i].class_index;
      raise(agreement.score_difference, first.top_classes[i].score - second.top_classes[i].score);
    }
    return agreement;
  }
  if (first.kind == PredictionKind::kClassMap) {
    counts(first.class_map.classes.size(), second.class_map.classes.size());
    for (size_t i = 0; i < std::min(first.class_map.classes.size(), second.class_map.classes.size()); ++i)
      agreement.matched += first.class_map.classes[i] == second.class_map.classes[i];
    return agreement;
  }
  counts(first.detections.size(), second.detections.size());
  pair_detections(first, second, agreement);
  return agreement;
}

}  // namespace modelport
