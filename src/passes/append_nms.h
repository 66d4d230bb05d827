#pragma once

#include "source/architecture.h"

namespace modelport {

/// Puts non-maximum suppression behind a detector's one-to-many head: its first output, [N, 4 + classes + extra, A],
/// becomes [N, D, 6 + extra] with D = min(max_detections, A) rows of box (x1, y1, x2, y2 in input pixels; for oriented
/// boxes centre, width and height), score, class and what else the head says of a box, by score descending, zeros
/// behind the last. Every image of a batch on its own. Upright boxes by greedy suppression (torchvision.ops.nms),
/// oriented ones by Fast NMS (https://arxiv.org/abs/1904.02689) under the probabilistic IoU
/// (https://arxiv.org/abs/2106.06072), over the 5 D best candidates, as the framework's export does. Other outputs
/// stay; what was the first one becomes the probe "candidates", and by how much oriented candidates overlap a better
/// one is the probe "overlap". kInvalidArgument for a model without such a head.
Status append_nms(SourceModel& model, const BuildRequest& request);

}  // namespace modelport
