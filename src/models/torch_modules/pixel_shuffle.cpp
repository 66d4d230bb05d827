#include "models/torch_modules/pixel_shuffle.h"

#include "models/layers/pixel_shuffle.h"
#include "models/torch_modules/attributes.h"

namespace modelport {

Result<ValueId> pixel_shuffle(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(factor, bounded_int(module, "upscale_factor", 1));
  return pixel_shuffle(b, x, factor).in(module.where());
}

Result<ValueId> pixel_unshuffle(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(factor, bounded_int(module, "downscale_factor", 1));
  return pixel_unshuffle(b, x, factor).in(module.where());
}

Result<ValueId> channel_shuffle(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(groups, bounded_int(module, "groups", 1));
  return channel_shuffle(b, x, groups).in(module.where());
}

}  // namespace modelport
