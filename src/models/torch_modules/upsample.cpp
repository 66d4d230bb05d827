#include "models/torch_modules/upsample.h"

#include "models/layers/upsample.h"
#include "models/torch_modules/attributes.h"

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

Result<Resampling::Corners> read_corners(const ModuleView& module, const std::string& mode) {
  if (module.is_none("align_corners")) return Resampling::Corners::kApart;
  if (mode != "bilinear" && mode != "bicubic")
    return contradiction(module, "align_corners is set for mode {}, which does not take it", mode);
  TRY(align, module.bool_attribute("align_corners"));
  return align ? Resampling::Corners::kAligned : Resampling::Corners::kApart;
}

Status read_sizes(const ModuleView& module, Upsampling& layer) {
  const bool by_scale = !module.is_none("scale_factor");
  if (by_scale != module.is_none("size")) return contradiction(module, "one of size and scale_factor is expected");
  if (!by_scale) {
    TRY(size, bounded_pair(module, "size", 1));
    layer.size = size;
    return {};
  }
  TRY(scales, read_scales(module));
  layer.scales = scales;
  if (module.is_none("recompute_scale_factor")) return {};
  TRY(recompute, module.bool_attribute("recompute_scale_factor"));
  if (recompute) layer.step = Upsampling::Step::kOfSizes;
  return {};
}

}  // namespace

Result<ValueId> upsample(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(mode, module.string_attribute("mode"));
  CHECK_OK(check_upsampling_mode(mode).in(module.where()));
  TRY(corners, read_corners(module, mode));
  Upsampling layer{.mode = mode, .size = {}, .corners = corners};
  CHECK_OK(read_sizes(module, layer));
  return upsample(b, x, layer).in(module.where());
}

}  // namespace modelport
