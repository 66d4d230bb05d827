#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "models/layers/interpolation.h"
#include "models/layers/weights.h"

namespace modelport {

/// How an image is resized, as torch.nn.functional.interpolate does it.
struct Upsampling {
  std::string_view mode;      ///< nearest, nearest-exact, bilinear, bicubic or area.
  std::optional<Size2> size;  ///< {height, width}; absent: `scales` decide.
  std::array<double, 2> scales{1, 1};
  Resampling::Corners corners = Resampling::Corners::kApart;
  /// By how many input pixels an output pixel steps: 1 / scale as given, or the ratio of whole sizes
  /// (recompute_scale_factor).
  enum class Step { kOfScale, kOfSizes } step = Step::kOfScale;
};

/// kUnsupportedModel for a mode that is none of these.
Status check_upsampling_mode(std::string_view mode);

/// x [N, C, H, W]. What resizing operators do not say alike in every format (bicubic, area, scales that do not give
/// whole pixels) becomes a product with the weights of each axis, for which image sizes must be fixed.
Result<ValueId> upsample(GraphBuilder& b, ValueId x, const Upsampling& layer);

}  // namespace modelport
