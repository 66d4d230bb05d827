#include "models/layers/upsample.h"

#include <algorithm>
#include <cmath>

#include "models/layers/interpolation.h"

namespace modelport {

namespace {

constexpr std::string_view kModes[] = {"nearest", "nearest-exact", "bilinear", "bicubic", "area"};
constexpr int64_t kLargestSide = 16384;

/// One axis of the result.
struct Target {
  Dim size;
  std::optional<double> scale;  ///< Where it makes other pixels than the ratio of the sizes.
  enum class Ratio { kWhole, kBroken } ratio = Ratio::kBroken;
};

Result<Target> scaled(const Dim& size, double scale) {
  if (!(scale > 0 && scale <= 1024)) return unsupported("scale_factor {} is not supported", scale);
  if (scale == std::floor(scale))
    return Target{size * Dim(static_cast<int64_t>(scale)), std::nullopt, Target::Ratio::kWhole};
  const std::optional<int64_t> pixels = size.constant();
  if (!pixels) {
    return needs_fixed_sizes(
        unsupported("scale_factor {} needs a fixed image size; size here is {}", scale, size.text()));
  }
  const double exact = static_cast<double>(*pixels) * scale;
  if (exact < 1 || exact > kLargestSide)
    return unsupported("scale_factor {} makes {} of {} pixels", scale, exact, *pixels);
  const bool whole = exact == std::floor(exact);
  return Target{Dim(static_cast<int64_t>(exact)), whole ? std::nullopt : std::optional(scale)};
}

Target fixed(const Dim& from, int64_t size) {
  const std::optional<int64_t> pixels = from.constant();
  const bool whole = pixels && size % *pixels == 0;
  return {size, std::nullopt, whole ? Target::Ratio::kWhole : Target::Ratio::kBroken};
}

Result<std::array<Target, 2>> targets_of(const GraphBuilder& b, ValueId x, const Upsampling& layer) {
  if (layer.size) return std::array{fixed(b.dim(x, 2), (*layer.size)[0]), fixed(b.dim(x, 3), (*layer.size)[1])};
  TRY(height, scaled(b.dim(x, 2), layer.scales[0]));
  TRY(width, scaled(b.dim(x, 3), layer.scales[1]));
  std::array<Target, 2> targets{height, width};
  if (layer.step == Upsampling::Step::kOfSizes) targets[0].scale = targets[1].scale = std::nullopt;
  return targets;
}

Result<ValueId> axis_weights(GraphBuilder& b, ValueId x, size_t axis, const Target& target, const Upsampling& layer) {
  TRY(in, fixed_size(b, x, axis));
  const int64_t out = *target.size.constant();
  if (out > kLargestSide)
    return unsupported("it makes {} of {} pixels, at most {} are supported", out, in, kLargestSide);
  const double step = target.scale ? 1 / *target.scale : static_cast<double>(in) / static_cast<double>(out);
  return b.floats({out, in}, interpolation_weights(layer.mode, {in, out, step, layer.corners}));
}

/// rows x columns^T, each image.
Result<ValueId> by_weights(GraphBuilder& b, ValueId x, const std::array<Target, 2>& targets, const Upsampling& layer) {
  TRY(rows, axis_weights(b, x, 2, targets[0], layer));
  TRY(columns, axis_weights(b, x, 3, targets[1], layer));
  return b.matmul(rows, b.matmul(x, b.permute(columns, {1, 0})));
}

}  // namespace

Status check_upsampling_mode(std::string_view mode) {
  if (std::ranges::find(kModes, mode) != std::end(kModes)) return {};
  return unsupported("mode '{}' is not supported; {} are", mode, fmt::join(kModes, ", "));
}

Result<ValueId> upsample(GraphBuilder& b, ValueId x, const Upsampling& layer) {
  CHECK_OK(check_upsampling_mode(layer.mode));
  TRY(targets, targets_of(b, x, layer));
  const auto& [height, width] = targets;
  const bool aligned = layer.corners == Resampling::Corners::kAligned;
  const bool by_ratio = aligned || (!height.scale && !width.scale);
  const bool whole = height.ratio == Target::Ratio::kWhole && width.ratio == Target::Ratio::kWhole;
  // Whole scales repeat pixels, from wherever in a pixel they are counted.
  const bool repeats = layer.mode == "nearest" || (layer.mode == "nearest-exact" && whole);
  if (!by_ratio || !(repeats || layer.mode == "bilinear")) return by_weights(b, x, targets, layer);
  Resize resize{.height = height.size, .width = width.size};
  if (layer.mode == "bilinear") {
    resize.mode = ResizeMode::kLinear;
    resize.coordinates = aligned ? ResizeCoordinates::kAlignCorners : ResizeCoordinates::kHalfPixel;
  }
  return b.resize(x, resize);
}

}  // namespace modelport
