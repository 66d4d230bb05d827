#include "models/layers/interpolation.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace modelport {

namespace {

/// Of the cubic convolution, as torch has it (Keys' a).
constexpr double kCubic = -0.75;

/// Where output pixel `i` lies among the input's.
double source(const Resampling& axis, int64_t i) {
  const auto at = static_cast<double>(i);
  if (axis.corners == Resampling::Corners::kApart) return (at + 0.5) * axis.step - 0.5;
  if (axis.out == 1) return 0;
  return at * static_cast<double>(axis.in - 1) / static_cast<double>(axis.out - 1);
}

/// torch multiplies in float32 here, which decides ties.
int64_t nearest_source(const Resampling& axis, int64_t i, float offset) {
  const float at = (static_cast<float>(i) + offset) * static_cast<float>(axis.step);
  return std::clamp<int64_t>(static_cast<int64_t>(std::floor(at)), 0, axis.in - 1);
}

std::array<double, 4> cubic_weights(double t) {
  const auto near = [](double x) { return ((kCubic + 2) * x - (kCubic + 3)) * x * x + 1; };
  const auto far = [](double x) { return ((kCubic * x - 5 * kCubic) * x + 8 * kCubic) * x - 4 * kCubic; };
  return {far(t + 1), near(t), near(1 - t), far(2 - t)};
}

}  // namespace

std::vector<float> interpolation_weights(std::string_view mode, const Resampling& axis) {
  std::vector<float> weights(static_cast<size_t>(axis.out * axis.in), 0.0F);
  for (int64_t i = 0; i < axis.out; ++i) {
    const auto add = [&](int64_t pixel, double weight) {
      const int64_t column = std::clamp<int64_t>(pixel, 0, axis.in - 1);
      weights[static_cast<size_t>(i * axis.in + column)] += static_cast<float>(weight);
    };
    if (mode == "nearest") {
      add(nearest_source(axis, i, 0.0F), 1);
    } else if (mode == "nearest-exact") {
      add(nearest_source(axis, i, 0.5F), 1);
    } else if (mode == "bilinear") {
      const double at = std::max(0.0, source(axis, i)), first = std::floor(at);
      add(static_cast<int64_t>(first), 1 - (at - first));
      add(static_cast<int64_t>(first) + 1, at - first);
    } else if (mode == "bicubic") {
      const double at = source(axis, i), first = std::floor(at);
      const std::array<double, 4> four = cubic_weights(at - first);
      for (int64_t k = 0; k < 4; ++k) add(static_cast<int64_t>(first) - 1 + k, four[static_cast<size_t>(k)]);
    } else {
      const int64_t begin = i * axis.in / axis.out, end = ((i + 1) * axis.in + axis.out - 1) / axis.out;
      for (int64_t pixel = begin; pixel < end; ++pixel) add(pixel, 1.0 / static_cast<double>(end - begin));
    }
  }
  return weights;
}

}  // namespace modelport
