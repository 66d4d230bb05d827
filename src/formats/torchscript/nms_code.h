#pragma once

#include <string_view>

namespace modelport::torchscript {

/// The method's name in calls: self.non_max_suppression(boxes, scores, iou_threshold, score_threshold, max_output).
inline constexpr std::string_view kTorchNmsFunction = "self.non_max_suppression";

/// Greedy suppression as the catalogue's NonMaxSuppression defines it, for all images of a batch at once: in every
/// round each image keeps the best candidate it has left (the first of equal ones) and drops those that overlap it.
/// Boxes [N, A, 4], scores [N, A]; gives 1 where kept, else 0. At most `max_output` rounds of a few operations on [N,
/// A].
inline constexpr std::string_view kTorchNmsCode = R"(  def non_max_suppression(self: __torch__.Net,
    boxes: Tensor,
    scores: Tensor,
    iou_threshold: float,
    score_threshold: float,
    max_output: int) -> Tensor:
    left, top, right, bottom, = torch.unbind(boxes, 2)
    areas = torch.mul(torch.sub(right, left), torch.sub(bottom, top))
    kept = torch.zeros_like(scores)
    open = torch.gt(scores, score_threshold)
    for round in range(max_output):
      if not bool(torch.any(open)):
        break
      best = torch.argmax(torch.masked_fill(scores, torch.logical_not(open), float("-inf")), 1, True)
      found = torch.gather(open, 1, best)
      kept = torch.scatter_add(kept, 1, best, torch.to(found, ops.prim.dtype(kept)))
      from_x = torch.maximum(left, torch.gather(left, 1, best))
      from_y = torch.maximum(top, torch.gather(top, 1, best))
      to_x = torch.minimum(right, torch.gather(right, 1, best))
      to_y = torch.minimum(bottom, torch.gather(bottom, 1, best))
      common = torch.mul(torch.clamp(torch.sub(to_x, from_x), 0.), torch.clamp(torch.sub(to_y, from_y), 0.))
      both = torch.sub(torch.add(areas, torch.gather(areas, 1, best)), common)
      covered = torch.logical_and(torch.gt(both, 0.), torch.gt(torch.div(common, both), iou_threshold))
      covered = torch.logical_and(torch.scatter(covered, 1, best, 1), found)
      open = torch.logical_and(open, torch.logical_not(covered))
    return kept
)";

}  // namespace modelport::torchscript
