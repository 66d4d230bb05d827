#include "models/layers/batch_norm2d.h"

#include "models/layers/weights.h"

namespace modelport {

Result<ValueId> batch_norm2d(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(features, bounded_int(module, "num_features", 1));
  TRY(epsilon, module.float_attribute("eps"));
  TRY(affine, module.bool_attribute("affine"));
  TRY(tracked, module.bool_attribute("track_running_stats"));
  if (!tracked) return module.fail("track_running_stats is False: it would normalise by each batch's own statistics");
  if (!(epsilon >= 0)) return contradiction(module, "eps is {}", epsilon);
  CHECK_OK(expect_channels(b, module, x, features));
  const Shape shape{features};
  TRY(scale, optional_weight(b, module, "weight", shape));
  TRY(bias, optional_weight(b, module, "bias", shape));
  if (affine != scale.has_value() || affine != bias.has_value()) {
    return contradiction(module, "affine is {}, weight and bias are {}", affine ? "True" : "False",
                         scale || bias ? "there" : "missing");
  }
  const auto count = static_cast<size_t>(features);
  if (!affine) {
    scale = b.floats(shape, std::vector<float>(count, 1.0F));
    bias = b.floats(shape, std::vector<float>(count, 0.0F));
  }
  TRY(mean, weight(b, module, "running_mean", shape));
  TRY(variance, weight(b, module, "running_var", shape));
  return b.batch_norm(x, *scale, *bias, mean, variance, epsilon);
}

}  // namespace modelport
