#include "models/layers/batch_norm.h"

#include "models/layers/weights.h"

namespace modelport {

namespace {

constexpr double kFrozenEpsilon = 1e-5;  // Where a file does not say.

Result<ValueId> normalise(GraphBuilder& b, const ModuleView& module, ValueId x, const ChannelAffine& affine,
                          double epsilon) {
  const Shape shape{affine.channels};
  TRY(mean, weight(b, module, "running_mean", shape));
  TRY(variance, weight(b, module, "running_var", shape));
  return b.batch_norm(x, affine.scale, affine.bias, mean, variance, epsilon);
}

}  // namespace

Result<ValueId> batch_norm(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(features, bounded_int(module, "num_features", 1));
  TRY(epsilon, epsilon_attribute(module));
  TRY(tracked, module.bool_attribute("track_running_stats"));
  if (!tracked) return module.fail("track_running_stats is False: it would normalise by each batch's own statistics");
  CHECK_OK(expect_channels(b, module, x, features));
  TRY(affine, channel_affine(b, module, features));
  return normalise(b, module, x, affine, epsilon);
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
  TRY(scale, weight(b, module, "weight", {channels}));
  TRY(bias, weight(b, module, "bias", {channels}));
  return normalise(b, module, x, {channels, scale, bias}, epsilon);
}

}  // namespace modelport
