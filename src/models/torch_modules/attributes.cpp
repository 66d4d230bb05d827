#include "models/torch_modules/attributes.h"

namespace modelport {

namespace {

constexpr int64_t kLargestAttribute = int64_t{1} << 20;

}  // namespace

Status expect_int(const ModuleView& module, std::string_view name, int64_t actual) {
  TRY(value, module.int_attribute(name));
  if (value != actual) return contradiction(module, "{} is {}, its tensors say {}", name, value, actual);
  return {};
}

Result<std::array<int64_t, 2>> bounded_pair(const ModuleView& module, std::string_view name, int64_t least) {
  TRY(pair, module.int_pair_attribute(name));
  for (const int64_t value : pair) {
    if (value < least || value > kLargestAttribute) {
      return contradiction(module, "{} is ({}, {}), at least {} is expected", name, pair[0], pair[1], least);
    }
  }
  return pair;
}

Result<int64_t> bounded_int(const ModuleView& module, std::string_view name, int64_t least) {
  TRY(value, module.int_attribute(name));
  if (value < least || value > kLargestAttribute) {
    return contradiction(module, "{} is {}, at least {} is expected", name, value, least);
  }
  return value;
}

Result<int64_t> axis_attribute(const GraphBuilder& b, const ModuleView& module, std::string_view name, ValueId value) {
  TRY(axis, module.int_attribute(name));
  const auto rank = static_cast<int64_t>(b.shape(value).size());
  if (axis < -rank || axis >= rank) return contradiction(module, "{} is {}, {} axes arrive", name, axis, rank);
  return axis < 0 ? axis + rank : axis;
}

Result<double> epsilon_attribute(const ModuleView& module) {
  TRY(epsilon, module.float_attribute("eps"));
  if (!(epsilon >= 0)) return contradiction(module, "eps is {}", epsilon);
  return epsilon;
}

Result<Parameter> affine_attribute(const ModuleView& module) {
  TRY(affine, module.bool_attribute("affine"));
  const bool has_scale = module.optional_tensor("weight").has_value(),
             has_bias = module.optional_tensor("bias").has_value();
  if (affine != has_scale || affine != has_bias) {
    return contradiction(module, "affine is {}, weight and bias are {}", affine ? "True" : "False",
                         has_scale || has_bias ? "there" : "missing");
  }
  return affine ? Parameter::kRequired : Parameter::kAbsent;
}

Result<WeightRecipe> tensor_recipe(const ModuleView& module, std::string_view name, const Tensor& tensor,
                                   const Shape& shape) {
  return weights_of(module).recipe_of(name, tensor, shape);
}

Result<WeightRecipe> weight_recipe(const ModuleView& module, std::string_view name, const Shape& shape) {
  return weights_of(module).recipe(name, shape);
}

Result<ValueId> weight(GraphBuilder& b, const ModuleView& module, std::string_view name, const Shape& shape) {
  return weight(b, weights_of(module), name, shape);
}

Result<std::optional<ValueId>> optional_weight(GraphBuilder& b, const ModuleView& module, std::string_view name,
                                               const Shape& shape) {
  return weight(b, weights_of(module), name, shape, Parameter::kOptional);
}

Result<int64_t> fixed_size(const GraphBuilder& b, const ModuleView& module, ValueId value, size_t axis) {
  return fixed_size(b, value, axis).in(module.where());
}

Status expect_channels(const GraphBuilder& b, const ModuleView& module, ValueId value, int64_t channels) {
  return expect_channels(b, value, channels).in(module.where());
}

}  // namespace modelport
