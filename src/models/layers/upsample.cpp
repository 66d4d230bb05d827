#include "models/layers/upsample.h"

#include <algorithm>
#include <cmath>

#include "models/layers/interpolation.h"
#include "models/layers/weights.h"

namespace modelport {

namespace {

constexpr std::string_view kModes[] = {"nearest", "nearest-exact", "bilinear", "bicubic", "area"};
constexpr int64_t kLargestSide = 16384;

/// `scale_factor`: one number, or one for height and one for width.
Result<std::array<double, 2>> read_scales(const ModuleView& module) {
  TRY(value, module.attribute("scale_factor"));
  if (!value.as_sequence()) {
    TRY(scale, module.float_attribute("scale_factor"));
    return std::array{scale, scale};
  }
  TRY(scales, module.float_list_attribute("scale_factor"));
  if (scales.size() != 2) return module.fail("scale_factor has {} numbers, two are expected", scales.size());
  return std::array{scales[0], scales[1]};
}

/// One axis of the result.
struct Target {
  Dim size;
  std::optional<double> scale;  ///< Where it makes other pixels than the ratio of the sizes.
  enum class Ratio { kWhole, kBroken } ratio = Ratio::kBroken;
};

Result<Target> scaled(const ModuleView& module, const Dim& size, double scale) {
  if (!(scale > 0 && scale <= 1024)) return module.fail("scale_factor {} is not supported", scale);
  if (scale == std::floor(scale))
    return Target{size * Dim(static_cast<int64_t>(scale)), std::nullopt, Target::Ratio::kWhole};
  const std::optional<int64_t> pixels = size.constant();
  if (!pixels) {
    return needs_fixed_sizes(
        module.fail("scale_factor {} needs a fixed image size; size here is {}", scale, size.text()));
  }
  const double exact = static_cast<double>(*pixels) * scale;
  if (exact < 1 || exact > kLargestSide)
    return module.fail("scale_factor {} makes {} of {} pixels", scale, exact, *pixels);
  const bool whole = exact == std::floor(exact);
  return Target{Dim(static_cast<int64_t>(exact)), whole ? std::nullopt : std::optional(scale)};
}

Target fixed(const Dim& from, int64_t size) {
  const std::optional<int64_t> pixels = from.constant();
  const bool whole = pixels && size % *pixels == 0;
  return {size, std::nullopt, whole ? Target::Ratio::kWhole : Target::Ratio::kBroken};
}

struct Settings {
  std::string mode;
  Resampling::Corners corners = Resampling::Corners::kApart;
};

Result<Settings> read_settings(const ModuleView& module) {
  TRY(mode, module.string_attribute("mode"));
  if (std::ranges::find(kModes, mode) == std::end(kModes)) {
    return module.fail("mode '{}' is not supported; {} are", mode, fmt::join(kModes, ", "));
  }
  Settings settings{.mode = mode};
  if (module.is_none("align_corners")) return settings;
  if (mode != "bilinear" && mode != "bicubic")
    return contradiction(module, "align_corners is set for mode {}, which does not take it", mode);
  TRY(align, module.bool_attribute("align_corners"));
  if (align) settings.corners = Resampling::Corners::kAligned;
  return settings;
}

Result<std::array<Target, 2>> read_targets(const GraphBuilder& b, const ModuleView& module, ValueId x) {
  const bool by_scale = !module.is_none("scale_factor");
  if (by_scale != module.is_none("size")) return contradiction(module, "one of size and scale_factor is expected");
  if (!by_scale) {
    TRY(size, bounded_pair(module, "size", 1));
    return std::array{fixed(b.dim(x, 2), size[0]), fixed(b.dim(x, 3), size[1])};
  }
  TRY(scales, read_scales(module));
  TRY(height, scaled(module, b.dim(x, 2), scales[0]));
  TRY(width, scaled(module, b.dim(x, 3), scales[1]));
  std::array<Target, 2> targets{height, width};
  if (module.is_none("recompute_scale_factor")) return targets;
  TRY(recompute, module.bool_attribute("recompute_scale_factor"));
  if (recompute) targets[0].scale = targets[1].scale = std::nullopt;
  return targets;
}

Result<ValueId> axis_weights(GraphBuilder& b, const ModuleView& module, ValueId x, size_t axis, const Target& target,
                             const Settings& settings) {
  TRY(in, fixed_size(b, module, x, axis));
  const int64_t out = *target.size.constant();
  if (out > kLargestSide)
    return module.fail("it makes {} of {} pixels, at most {} are supported", out, in, kLargestSide);
  const double step = target.scale ? 1 / *target.scale : static_cast<double>(in) / static_cast<double>(out);
  return b.floats({out, in}, interpolation_weights(settings.mode, {in, out, step, settings.corners}));
}

/// rows x columns^T, each image.
Result<ValueId> by_weights(GraphBuilder& b, const ModuleView& module, ValueId x, const std::array<Target, 2>& targets,
                           const Settings& settings) {
  TRY(rows, axis_weights(b, module, x, 2, targets[0], settings));
  TRY(columns, axis_weights(b, module, x, 3, targets[1], settings));
  return b.matmul(rows, b.matmul(x, b.permute(columns, {1, 0})));
}

}  // namespace

Result<ValueId> upsample(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(settings, read_settings(module));
  TRY(targets, read_targets(b, module, x));
  const auto& [height, width] = targets;
  const bool aligned = settings.corners == Resampling::Corners::kAligned;
  const bool by_ratio = aligned || (!height.scale && !width.scale);
  const bool whole = height.ratio == Target::Ratio::kWhole && width.ratio == Target::Ratio::kWhole;
  // Whole scales repeat pixels, from wherever in a pixel they are counted.
  const bool repeats = settings.mode == "nearest" || (settings.mode == "nearest-exact" && whole);
  if (!by_ratio || !(repeats || settings.mode == "bilinear")) return by_weights(b, module, x, targets, settings);
  Resize resize{.height = height.size, .width = width.size};
  if (settings.mode == "bilinear") {
    resize.mode = ResizeMode::kLinear;
    resize.coordinates = aligned ? ResizeCoordinates::kAlignCorners : ResizeCoordinates::kHalfPixel;
  }
  return b.resize(x, resize);
}

}  // namespace modelport
