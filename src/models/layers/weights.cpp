#include "models/layers/weights.h"

namespace modelport {

namespace {

constexpr int64_t kLargestAttribute = int64_t{1} << 20;

Result<WeightRecipe> recipe(const ModuleView& module, std::string_view name, const Tensor& tensor, const Shape& shape) {
  if (!is_float(tensor.dtype())) {
    return module.fail("{} is {}, a floating-point tensor is expected", name, dtype_name(tensor.dtype()));
  }
  if (tensor.shape() != shape) {
    return contradiction(module, "{} is {}, its attributes say {}", name, shape_text(tensor.shape()),
                         shape_text(shape));
  }
  std::string full_name = module.path().empty() ? std::string(name) : fmt::format("{}.{}", module.path(), name);
  return WeightRecipe::source(tensor, std::move(full_name)).convert(DType::kFloat32);
}

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

Result<WeightRecipe> weight_recipe(const ModuleView& module, std::string_view name, const Shape& shape) {
  TRY(tensor, module.tensor(name));
  return recipe(module, name, tensor, shape);
}

Result<ValueId> weight(GraphBuilder& b, const ModuleView& module, std::string_view name, const Shape& shape) {
  TRY(values, weight_recipe(module, name, shape));
  return b.constant(std::move(values));
}

Result<std::optional<ValueId>> optional_weight(GraphBuilder& b, const ModuleView& module, std::string_view name,
                                               const Shape& shape) {
  const std::optional<Tensor> tensor = module.optional_tensor(name);
  if (!tensor) return std::optional<ValueId>();
  TRY(values, recipe(module, name, *tensor, shape));
  return std::optional(b.constant(std::move(values)));
}

Result<int64_t> fixed_size(const GraphBuilder& b, const ModuleView& module, ValueId value, size_t axis) {
  const Dim size = b.dim(value, axis);
  if (const std::optional<int64_t> number = size.constant()) return *number;
  Error error = module.fail("size of axis {} is {}, a fixed size is needed here", axis, size.text());
  error.hint = "leave dynamic_axes out, or set it to \"batch\"";
  return error;
}

Status expect_channels(const GraphBuilder& b, const ModuleView& module, ValueId value, int64_t channels) {
  TRY(actual, fixed_size(b, module, value, 1));
  if (actual != channels) return contradiction(module, "{} channels arrive, {} are expected", actual, channels);
  return {};
}

}  // namespace modelport
