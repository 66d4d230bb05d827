#include <algorithm>
#include <cmath>
#include <limits>

#include "models/layers/pooling.h"

namespace modelport {

namespace {

constexpr double kMostFactors = 16;

/// Windows over one axis of `size` pixels.
struct AxisWindows {
  int64_t size, kernel, stride, padding;
  int64_t extra = 0;  ///< Pixels behind the padding that the last window reaches: torch's ceil_mode.
  int64_t count() const { return (size + 2 * padding + extra - kernel) / stride + 1; }
  int64_t pixels(int64_t window, AveragePool::Padding padded) const {
    const int64_t begin = window * stride - padding, end = begin + kernel;
    if (padded == AveragePool::Padding::kCounted) return std::min(end, size + padding) - begin;
    return std::min(end, size) - std::max<int64_t>(begin, 0);
  }
};

/// How far windows reach beyond the padding when their number is rounded up; the last one must start inside the image
/// or its leading padding.
int64_t reach(const AxisWindows& axis) {
  int64_t last = (axis.size + 2 * axis.padding - axis.kernel + axis.stride - 1) / axis.stride;
  if (last * axis.stride >= axis.size + axis.padding) --last;
  return std::max<int64_t>(0, last * axis.stride + axis.kernel - axis.size - 2 * axis.padding);
}

AveragePool plain_pool(const PoolingLayer& layer) {
  const Size2 pads = layer.padding;
  return {.kernel = layer.kernel, .strides = layer.strides, .pads = {pads[0], pads[1], pads[0], pads[1]}};
}

/// Both axes with what ceil_mode adds; nothing where sizes vary, unless it adds nothing whatever they are.
Result<std::optional<std::array<AxisWindows, 2>>> rounded_up(const GraphBuilder& b, ValueId x,
                                                             const AveragePool& pool) {
  std::array<AxisWindows, 2> axes{};
  bool adds = false;
  for (size_t axis = 0; axis < 2; ++axis) {
    const Dim size = b.dim(x, 2 + axis);
    const int64_t stride = pool.strides[axis];
    const Dim span = size + Dim(2 * pool.pads[axis] - pool.kernel[axis]);
    const std::optional<int64_t> pixels = size.constant();
    if (floor_div(span, stride) != floor_div(span + Dim(stride - 1), stride) && !pixels) {
      return needs_fixed_sizes(
          unsupported("ceil_mode with stride {} needs a fixed image size; size here is {}", stride, size.text()));
    }
    if (!pixels) return std::optional<std::array<AxisWindows, 2>>();
    axes[axis] = {.size = *pixels, .kernel = pool.kernel[axis], .stride = stride, .padding = pool.pads[axis]};
    axes[axis].extra = reach(axes[axis]);
    adds = adds || axes[axis].extra > 0;
  }
  return adds ? std::optional(axes) : std::nullopt;
}

/// Means by the number of pixels that torch counts, [1, 1, H', W'] of the windows' size.
ValueId shares(GraphBuilder& b, const std::array<AxisWindows, 2>& axes, AveragePool::Padding padded) {
  const auto& [rows, columns] = axes;
  const auto window = static_cast<double>(rows.kernel * columns.kernel);
  std::vector<float> values;
  for (int64_t row = 0; row < rows.count(); ++row) {
    for (int64_t column = 0; column < columns.count(); ++column) {
      const int64_t counted = rows.pixels(row, padded) * columns.pixels(column, padded);
      values.push_back(static_cast<float>(window / static_cast<double>(counted)));
    }
  }
  return b.floats({1, 1, rows.count(), columns.count()}, std::move(values));
}

/// The mean over all pixels of every window, zeros outside.
ValueId window_means(GraphBuilder& b, ValueId x, const AveragePool& pool,
                     const std::optional<std::array<AxisWindows, 2>>& axes) {
  AveragePool counted = pool;
  counted.padding = AveragePool::Padding::kCounted;
  if (!axes) return b.average_pool(x, counted);
  counted.pads = {};
  const Pads2 pads = {pool.pads[0], pool.pads[1], pool.pads[2] + (*axes)[0].extra, pool.pads[3] + (*axes)[1].extra};
  return b.average_pool(b.pad(x, {.pads = pads}), counted);
}

ValueId whole_power(GraphBuilder& b, ValueId x, int64_t exponent) {
  ValueId y = x;
  for (int64_t i = 1; i < exponent; ++i) y = b.mul(y, x);
  return y;
}

}  // namespace

Result<ValueId> avg_pool2d(GraphBuilder& b, ValueId x, const PoolingLayer& layer, const AverageDivisor& divisor) {
  CHECK_OK(check_padding(layer));
  AveragePool pool = plain_pool(layer);
  pool.padding = divisor.padding;
  std::optional<std::array<AxisWindows, 2>> axes;
  if (layer.sizes == PoolingLayer::Sizes::kUp) {
    TRY(found, rounded_up(b, x, pool));
    axes = found;
  }
  if (divisor.fixed) {
    const double share = static_cast<double>(pool.kernel[0] * pool.kernel[1]) / static_cast<double>(*divisor.fixed);
    return b.mul(window_means(b, x, pool, axes), b.scalar(share));
  }
  if (!axes) return b.average_pool(x, pool);
  return b.mul(window_means(b, x, pool, axes), shares(b, *axes, pool.padding));
}

Result<ValueId> lp_pool2d(GraphBuilder& b, ValueId x, const PoolingLayer& layer, double norm) {
  const AveragePool pool = plain_pool(layer);
  const bool up = layer.sizes == PoolingLayer::Sizes::kUp;
  if (norm == std::numeric_limits<double>::infinity()) {
    const ValueId magnitude = b.add(b.unary(Relu{}, x), b.unary(Relu{}, b.mul(x, b.scalar(-1))));
    return b.max_pool(magnitude, {.kernel = pool.kernel,
                                  .strides = pool.strides,
                                  .rounding = up ? MaxPool::Rounding::kCeil : MaxPool::Rounding::kFloor});
  }
  if (!(norm > 0 && norm <= kMostFactors))
    return unsupported("norm_type is {}, a number above 0 and up to {} is expected", norm, kMostFactors);
  std::optional<std::array<AxisWindows, 2>> axes;
  if (up) {
    TRY(found, rounded_up(b, x, pool));
    axes = found;
  }
  const bool whole = norm == std::floor(norm);
  const ValueId powers = whole ? whole_power(b, x, static_cast<int64_t>(norm)) : b.emit(Pow{}, {x, b.scalar(norm)})[0];
  ValueId means = window_means(b, powers, pool, axes);
  if (axes) means = b.mul(means, shares(b, *axes, AveragePool::Padding::kCounted));
  const ValueId sums = b.mul(means, b.scalar(static_cast<double>(pool.kernel[0] * pool.kernel[1])));
  if (norm == 1) return sums;
  return norm == 2 ? b.unary(Sqrt{}, sums) : b.emit(Pow{}, {sums, b.scalar(1 / norm)})[0];
}

}  // namespace modelport
