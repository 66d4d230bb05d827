#include "vision/suppression.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace modelport {

namespace {

constexpr size_t kMaxCandidates = 30000;
constexpr float kClassOffset = 7680.0F;

std::vector<size_t> by_score(std::span<const Candidate> candidates) {
  std::vector<size_t> order(candidates.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return candidates[a].score > candidates[b].score; });
  if (order.size() > kMaxCandidates) order.resize(kMaxCandidates);
  return order;
}

float offset_of(const Candidate& candidate, ClassScope scope) {
  return scope == ClassScope::kAgnostic ? 0.0F : static_cast<float>(candidate.class_index) * kClassOffset;
}

/// Covariance [[a, c], [c, b]] of an oriented box.
struct Covariance {
  float a, b, c;
};
Covariance covariance(const Candidate& candidate) {
  const float width = candidate.box[2] * candidate.box[2] / 12.0F;
  const float height = candidate.box[3] * candidate.box[3] / 12.0F;
  const float cosine = std::cos(candidate.angle), sine = std::sin(candidate.angle);
  return {width * cosine * cosine + height * sine * sine, width * sine * sine + height * cosine * cosine,
          (width - height) * cosine * sine};
}

}  // namespace

std::vector<size_t> suppress(std::span<const Candidate> candidates, double iou, int64_t max_detections,
                             ClassScope scope) {
  const std::vector<size_t> order = by_score(candidates);
  std::vector<std::array<float, 4>> boxes;
  std::vector<float> areas;
  for (const size_t index : order) {
    std::array<float, 4> box = candidates[index].box;
    for (float& coordinate : box) coordinate += offset_of(candidates[index], scope);
    areas.push_back((box[2] - box[0]) * (box[3] - box[1]));
    boxes.push_back(box);
  }
  std::vector<size_t> kept;
  std::vector<bool> gone(order.size(), false);
  for (size_t i = 0; i < order.size() && static_cast<int64_t>(kept.size()) < max_detections; ++i) {
    if (gone[i]) continue;
    kept.push_back(order[i]);
    for (size_t j = i + 1; j < order.size(); ++j) {
      if (gone[j]) continue;
      const float width = std::max(0.0F, std::min(boxes[i][2], boxes[j][2]) - std::max(boxes[i][0], boxes[j][0]));
      const float height = std::max(0.0F, std::min(boxes[i][3], boxes[j][3]) - std::max(boxes[i][1], boxes[j][1]));
      const float inner = width * height;
      gone[j] = inner / (areas[i] + areas[j] - inner) > static_cast<float>(iou);
    }
  }
  return kept;
}

float probabilistic_iou(const Candidate& first, const Candidate& second) {
  constexpr float kEpsilon = 1e-7F;
  const Covariance p = covariance(first), q = covariance(second);
  const float dx = first.box[0] - second.box[0], dy = first.box[1] - second.box[1];
  const float a = p.a + q.a, b = p.b + q.b, c = p.c + q.c;
  const float determinant = a * b - c * c;
  const float t1 = (a * dy * dy + b * dx * dx) / (determinant + kEpsilon) * 0.25F;
  const float t2 = c * -dx * dy / (determinant + kEpsilon) * 0.5F;
  const float own = std::max(p.a * p.b - p.c * p.c, 0.0F) * std::max(q.a * q.b - q.c * q.c, 0.0F);
  const float t3 = std::log(determinant / (4.0F * std::sqrt(own) + kEpsilon) + kEpsilon) * 0.5F;
  const float distance = std::clamp(t1 + t2 + t3, kEpsilon, 100.0F);
  return 1.0F - std::sqrt(1.0F - std::exp(-distance) + kEpsilon);
}

std::vector<size_t> suppress_oriented(std::span<const Candidate> candidates, double iou, int64_t max_detections,
                                      ClassScope scope) {
  const std::vector<size_t> order = by_score(candidates);
  std::vector<Candidate> moved;
  for (const size_t index : order) {
    Candidate candidate = candidates[index];
    candidate.box[0] += offset_of(candidate, scope);
    candidate.box[1] += offset_of(candidate, scope);
    moved.push_back(candidate);
  }
  std::vector<size_t> kept;
  for (size_t j = 0; j < order.size() && static_cast<int64_t>(kept.size()) < max_detections; ++j) {
    bool stays = true;
    for (size_t i = 0; i < j && stays; ++i) stays = !(probabilistic_iou(moved[i], moved[j]) > static_cast<float>(iou));
    if (stays) kept.push_back(order[j]);
  }
  return kept;
}

}  // namespace modelport
