#pragma once

#include "models/ultralytics/translation.h"

namespace modelport::ultralytics {

/// YOLOEDetect._fuse_tp: a classification head whose last layer gives embeddings, the batch norm of its
/// BNContrastiveHead and the likeness to `prompts` [classes, channels], as one convolution of constants.
/// [N, C, H, W] -> [N, classes, H, W]. Prompts are taken as they are: unlike the head's own forward(), fusing does not
/// bring them to length 1. kUnsupportedModel unless the last layer is a plain 1x1 convolution.
Result<ValueId> apply_with_prompts(Translation& t, const ModuleView& layers, const ModuleView& contrast, ValueId x,
                                   ValueId prompts);

}  // namespace modelport::ultralytics
