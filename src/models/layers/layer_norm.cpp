#include "models/layers/layer_norm.h"

#include <limits>

#include "models/layers/weights.h"

namespace modelport {

namespace {

struct NormSettings {
  Shape shape;
  std::optional<ValueId> scale;
};

/// `normalized_shape` and the scale; `elementwise_affine` must say whether there is one.
Result<NormSettings> norm_settings(GraphBuilder& b, const ModuleView& module) {
  TRY(shape, module.int_list_attribute("normalized_shape"));
  TRY(affine, module.bool_attribute("elementwise_affine"));
  const std::optional<int64_t> count = element_count(shape);
  if (!count || *count < 1) return contradiction(module, "normalized_shape is {}", shape_text(shape));
  TRY(scale, optional_weight(b, module, "weight", shape));
  if (affine != scale.has_value()) {
    return contradiction(module, "elementwise_affine is {}, its parameters say otherwise", affine ? "True" : "False");
  }
  return NormSettings{std::move(shape), scale};
}

}  // namespace

Result<ValueId> layer_norm(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(settings, norm_settings(b, module));
  const Shape& shape = settings.shape;
  CHECK_OK(expect_last_axes(b, module, x, shape));
  TRY(epsilon, epsilon_attribute(module));
  TRY(bias, optional_weight(b, module, "bias", shape));
  if (!settings.scale && bias) {
    return contradiction(module, "elementwise_affine is False, its parameters say otherwise");
  }
  const auto filled = [&](float value) {
    return b.floats(shape, std::vector<float>(static_cast<size_t>(*element_count(shape)), value));
  };
  const ValueId scale = settings.scale ? *settings.scale : filled(1.0F);
  return b.layer_norm(x, scale, bias ? *bias : filled(0.0F),
                      {.axes = static_cast<int64_t>(shape.size()), .epsilon = epsilon});
}

Result<ValueId> rms_norm(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(settings, norm_settings(b, module));
  double epsilon = static_cast<double>(std::numeric_limits<float>::epsilon());
  if (!module.is_none("eps")) {
    TRY(given, epsilon_attribute(module));
    epsilon = given;
  }
  const auto rank = static_cast<int64_t>(b.shape(x).size());
  const auto axes = static_cast<int64_t>(settings.shape.size());
  CHECK_OK(expect_last_axes(b, module, x, settings.shape));
  const Numerics outer = b.set_numerics(Numerics::kFloat32);
  // One axis after another: means of equally many are means of all.
  ValueId mean = b.mul(x, x);
  for (int64_t axis = rank - axes; axis < rank; ++axis) mean = b.reduce_mean(mean, {axis});
  ValueId y = b.div(x, b.unary(Sqrt{}, b.add(mean, b.scalar(epsilon))));
  if (settings.scale) y = b.mul(y, *settings.scale);
  b.set_numerics(outer);
  return y;
}

}  // namespace modelport
