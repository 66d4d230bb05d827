#pragma once

#include "vision/prediction.h"

namespace modelport {

/// The class of every pixel of picture `index`, as Ultralytics' SemanticPredictor has it: [batch, H, W] class numbers
/// are read at the nearest pixel; [batch, classes, H, W] logits are bilinearly enlarged to the input, cut to where the
/// picture lies, enlarged to the picture, and the largest wins (one class alone: above zero). kValidationFailed for
/// other shapes.
Result<ClassMap> class_map_of(const Tensor& output, int64_t index, const InputContract& input,
                              const Placement& placement);

}  // namespace modelport
