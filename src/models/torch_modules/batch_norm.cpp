#include "models/torch_modules/batch_norm.h"

#include "models/layers/batch_norm.h"
#include "models/torch_modules/attributes.h"

namespace modelport {

namespace {

constexpr double kFrozenEpsilon = 1e-5;  // Where a file does not say.

}  // namespace

Result<ValueId> batch_norm(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(channels, bounded_int(module, "num_features", 1));
  TRY(epsilon, epsilon_attribute(module));
  TRY(tracked, module.bool_attribute("track_running_stats"));
  if (!tracked) return module.fail("track_running_stats is False: it would normalise by each batch's own statistics");
  TRY(affine, affine_attribute(module));
  return batch_norm(b, weights_of(module), x, {channels, epsilon, affine});
}

Result<ValueId> apex_batch_norm(GraphBuilder& b, const ModuleView& module, ValueId x) {
  for (const std::string_view name : {"channel_last", "fuse_relu"}) {
    TRY(set, module.bool_attribute(name, false));
    if (set) return module.fail("{} is True: it would be another layer than a batch norm over axis 1", name);
  }
  return batch_norm(b, module, x);
}

Result<ValueId> frozen_batch_norm(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(epsilon, module.float_attribute("eps", kFrozenEpsilon));
  TRY(channels, fixed_size(b, module, x, 1));
  return batch_norm(b, weights_of(module), x, {channels, epsilon});
}

}  // namespace modelport
