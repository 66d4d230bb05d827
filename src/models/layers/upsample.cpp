#include "models/layers/upsample.h"

#include <cmath>

#include "models/layers/weights.h"

namespace modelport {

namespace {

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

Result<Dim> scaled(const ModuleView& module, const Dim& size, double scale) {
  if (!(scale > 0 && scale <= 1024)) return module.fail("scale_factor {} is not supported", scale);
  if (scale == std::floor(scale)) return size * Dim(static_cast<int64_t>(scale));
  const std::optional<int64_t> pixels = size.constant();
  if (!pixels) return module.fail("scale_factor {} needs a fixed image size; size here is {}", scale, size.text());
  const double exact = static_cast<double>(*pixels) * scale;
  if (exact != std::floor(exact) || exact < 1) {
    return module.fail("scale_factor {} makes {} of {} pixels", scale, exact, *pixels);
  }
  return Dim(static_cast<int64_t>(exact));
}

}  // namespace

Result<ValueId> upsample(GraphBuilder& b, const ModuleView& module, ValueId x) {
  Resize resize;
  TRY(mode, module.string_attribute("mode"));
  const bool align_unset = module.is_none("align_corners");
  bool align = false;
  if (!align_unset) {
    TRY(value, module.bool_attribute("align_corners"));
    align = value;
  }
  if (mode == "nearest") {
    if (!align_unset) return contradiction(module, "align_corners is set for mode nearest, which does not take it");
  } else if (mode == "bilinear") {
    resize.mode = ResizeMode::kLinear;
    resize.coordinates = align ? ResizeCoordinates::kAlignCorners : ResizeCoordinates::kHalfPixel;
  } else {
    return module.fail("mode '{}' is not supported; nearest and bilinear are", mode);
  }
  const bool by_scale = !module.is_none("scale_factor");
  if (by_scale != module.is_none("size")) return contradiction(module, "one of size and scale_factor is expected");
  if (by_scale) {
    TRY(scales, read_scales(module));
    TRY(height, scaled(module, b.dim(x, 2), scales[0]));
    TRY(width, scaled(module, b.dim(x, 3), scales[1]));
    resize.height = height;
    resize.width = width;
  } else {
    TRY(size, bounded_pair(module, "size", 1));
    resize.height = size[0];
    resize.width = size[1];
  }
  return b.resize(x, resize);
}

}  // namespace modelport
