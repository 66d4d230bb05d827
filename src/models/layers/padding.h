#pragma once

#include "models/layers/weights.h"

/// Paddings of images, x [N, C, H, W]; `pads` is {top, left, bottom, right}.
namespace modelport {

/// `value` around the image. Negative padding crops.
ValueId constant_pad2d(GraphBuilder& b, ValueId x, Pads2 pads, double value);

/// What torch's padding modes "reflect" (without the edge), "replicate" (the edge again) and "circular" (the other end)
/// put around an image. kUnsupportedModel for other modes.
Result<ValueId> pad_by_mode(GraphBuilder& b, ValueId x, std::string_view mode, const Pads2& pads);

}  // namespace modelport
