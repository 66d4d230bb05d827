#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"

namespace modelport {

/// How one axis of an image is resampled by torch.nn.functional.interpolate.
struct Resampling {
  int64_t in;
  int64_t out;
  double step;  ///< Input pixels per output pixel: in / out, or 1 / scale_factor where that is kept.
  enum class Corners { kApart, kAligned } corners = Corners::kApart;
};

/// The row of weights of every output pixel, [out, in] in C order (aten/src/ATen/native/UpSample.h). `mode` is nearest,
/// nearest-exact, bilinear, bicubic or area.
std::vector<float> interpolation_weights(std::string_view mode, const Resampling& axis);

}  // namespace modelport
