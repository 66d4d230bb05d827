#pragma once

#include <array>
#include <span>

#include "vision/prediction.h"

namespace modelport {

/// Mask prototypes of one picture: channels x height x width.
struct Prototypes {
  std::span<const float> values;
  int64_t channels = 0, height = 0, width = 0;
};

/// The instance's mask at the input's size, as ultralytics.utils.ops.process_mask with upsample=True: coefficients
/// times prototypes, bilinearly enlarged (half-pixel centres), above zero, cropped to `box` (x1, y1, x2, y2 in input
/// pixels).
InstanceMask assemble_mask(const Prototypes& prototypes, std::span<const float> coefficients,
                           const std::array<float, 4>& box, int64_t input_width, int64_t input_height);

/// The mask in pixels of the picture, row by row, 0 or 1: the nearest pixel of the input.
std::vector<uint8_t> mask_in_picture(const InstanceMask& mask, const Placement& placement);

/// How PyTorch's bilinear interpolation (align_corners false) reads an axis of `from` values at `to` points: the two
/// neighbours and the weight of the second.
struct LinearTap {
  int64_t first = 0, second = 0;
  float second_weight = 0.0F;
};
std::vector<LinearTap> linear_taps(int64_t from, int64_t to);

}  // namespace modelport
