#pragma once

#include "models/ultralytics/detect_head.h"

namespace modelport::ultralytics {

/// What a segmentation head adds to a detection head: mask coefficients [N, masks, A] of the branch's `layer` ("cv4")
/// behind the scores of output0, and the prototypes [N, masks, H, W] that its `proto` makes of `proto_inputs` as
/// output1. `distributions` and `logits` are the branch's own, as head_branch() gives them. Returns output0.
Result<ValueId> finish_segmentation(Translation& t, const ModuleView& module, const DetectHead& head,
                                    std::string_view layer, ValueId distributions, ValueId logits,
                                    std::span<const ValueId> levels, std::span<const ValueId> proto_inputs);

}  // namespace modelport::ultralytics
