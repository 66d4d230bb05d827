#include "models/torch_modules/group_norm.h"

#include "models/layers/group_norm.h"
#include "models/torch_modules/attributes.h"
#include "models/torch_modules/batch_norm.h"

namespace modelport {

namespace {

Result<ResponseNormLayer> response_settings(const ModuleView& module) {
  TRY(size, bounded_int(module, "size", 1));
  TRY(alpha, module.float_attribute("alpha"));
  TRY(beta, module.float_attribute("beta"));
  TRY(k, module.float_attribute("k"));
  return ResponseNormLayer{size, alpha, beta, k};
}

}  // namespace

Result<ValueId> group_norm(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(groups, bounded_int(module, "num_groups", 1));
  TRY(channels, bounded_int(module, "num_channels", 1));
  TRY(epsilon, epsilon_attribute(module));
  TRY(affine, affine_attribute(module));
  return group_norm(b, weights_of(module), x, {groups, channels, epsilon, affine});
}

Result<ValueId> instance_norm(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(tracked, module.bool_attribute("track_running_stats"));
  if (tracked) return batch_norm(b, module, x);
  TRY(channels, bounded_int(module, "num_features", 1));
  TRY(epsilon, epsilon_attribute(module));
  TRY(affine, affine_attribute(module));
  return instance_norm(b, weights_of(module), x, {channels, epsilon, affine});
}

Result<ValueId> local_response_norm(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(settings, response_settings(module));
  return local_response_norm(b, x, settings).in(module.where());
}

Result<ValueId> cross_map_lrn(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(settings, response_settings(module));
  return cross_map_lrn(b, x, settings).in(module.where());
}

}  // namespace modelport
