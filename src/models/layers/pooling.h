#pragma once

#include <array>
#include <optional>

#include "models/layers/weights.h"

/// Pools of images, x [N, C, H, W], as torch.nn has them.
namespace modelport {

struct PoolingLayer {
  Size2 kernel;
  Size2 strides;
  Size2 padding{};
  Size2 dilations{1, 1};
  /// How output sizes are rounded: torch's ceil_mode. Where it adds windows, image sizes must be fixed.
  enum class Sizes { kDown, kUp } sizes = Sizes::kDown;
};

/// kInconsistentModel where the padding is more than half the kernel.
Status check_padding(const PoolingLayer& layer);

Result<ValueId> max_pool2d(GraphBuilder& b, ValueId x, const PoolingLayer& layer);

/// What a window's sum is divided by.
struct AverageDivisor {
  AveragePool::Padding padding = AveragePool::Padding::kCounted;
  std::optional<int64_t> fixed;  ///< In place of the number of pixels.
};
Result<ValueId> avg_pool2d(GraphBuilder& b, ValueId x, const PoolingLayer& layer, const AverageDivisor& divisor);

/// (sum of x^norm)^(1 / norm) over windows; `norm` is infinite, or above 0.
Result<ValueId> lp_pool2d(GraphBuilder& b, ValueId x, const PoolingLayer& layer, double norm);

/// Windows per axis of an adaptive pool; more would be a graph of their number.
inline constexpr int64_t kMostAdaptiveWindows = 256;

/// [N, C, H, W] -> [N, C, sizes], each from 1 to kMostAdaptiveWindows; an axis without a size stays as it is.
using OutputSize = std::array<std::optional<int64_t>, 2>;
Result<ValueId> adaptive_avg_pool2d(GraphBuilder& b, ValueId x, const OutputSize& sizes);
Result<ValueId> adaptive_max_pool2d(GraphBuilder& b, ValueId x, const OutputSize& sizes);

}  // namespace modelport
