#pragma once

#include "source/source_model.h"

namespace modelport {

/// Whether the first output is logits of every pixel, [N, classes, H, W].
bool has_pixel_logits(const SourceModel& model);

/// Puts the choice of a class behind such logits: the output becomes [N, H, W], the number of the largest (of equals
/// the first), for one class alone 1 where it is above 0; uint8, or int32 where there are more than 256 classes.
Status append_class_map(SourceModel& model);

}  // namespace modelport
