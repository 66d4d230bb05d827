#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "vision/contract.h"

namespace modelport {

/// A box that non-maximum suppression looks at.
struct Candidate {
  std::array<float, 4> box{};  ///< x1, y1, x2, y2; of an oriented box cx, cy, w, h.
  float angle = 0.0F;
  float score = 0.0F;
  int64_t class_index = 0;
  int64_t anchor = 0;  ///< Where it was in the output.
};

/// Hard suppression by score descending, ties by position, as ultralytics.utils.nms.non_max_suppression with
/// torchvision's nms: a box goes when its IoU with a kept box of its class is above `iou`. Gives the indices that stay,
/// at most `max_detections`. Like there, only the best 30000 candidates are looked at, and boxes of different classes
/// are kept apart by an offset of 7680 px.
std::vector<size_t> suppress(std::span<const Candidate> candidates, double iou, int64_t max_detections,
                             ClassScope scope);

/// The same for oriented boxes, as TorchNMS.fast_nms there: a box goes when its probabilistic IoU with any box of a
/// better score, kept or not, is above `iou`.
std::vector<size_t> suppress_oriented(std::span<const Candidate> candidates, double iou, int64_t max_detections,
                                      ClassScope scope);

/// Similarity of two oriented boxes as Gaussians, 0 to 1 (Llerena et al., "Gaussian Bounding Boxes and Probabilistic
/// Intersection-over-Union for Object Detection", 2021).
float probabilistic_iou(const Candidate& a, const Candidate& b);

}  // namespace modelport
