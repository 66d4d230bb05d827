#include "models/layers/weights.h"

#include "models/layers/made_weight.h"

namespace modelport {

namespace {

constexpr int64_t kLargestAttribute = int64_t{1} << 20;

}  // namespace

Result<WeightRecipe> tensor_recipe(const ModuleView& module, std::string_view name, const Tensor& tensor,
                                   const Shape& shape) {
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
  if (const std::optional<WeightMaker> maker = weight_maker(module, name)) return made_weight(module, *maker, shape);
  TRY(tensor, module.tensor(name));
  return tensor_recipe(module, name, tensor, shape);
}

Result<ValueId> weight(GraphBuilder& b, const ModuleView& module, std::string_view name, const Shape& shape) {
  TRY(values, weight_recipe(module, name, shape));
  return b.constant(std::move(values));
}

Result<std::optional<ValueId>> optional_weight(GraphBuilder& b, const ModuleView& module, std::string_view name,
                                               const Shape& shape) {
  if (!weight_maker(module, name) && !module.optional_tensor(name)) return std::optional<ValueId>();
  TRY(made, weight(b, module, name, shape));
  return std::optional(made);
}

Result<int64_t> fixed_size(const GraphBuilder& b, const ModuleView& module, ValueId value, size_t axis) {
  const Dim size = b.dim(value, axis);
  if (const std::optional<int64_t> number = size.constant()) return *number;
  return needs_fixed_sizes(module.fail("size of axis {} is {}, a fixed size is needed here", axis, size.text()));
}

Status expect_last_axes(const GraphBuilder& b, const ModuleView& module, ValueId value, const Shape& sizes) {
  const size_t rank = b.shape(value).size();
  if (sizes.size() > rank) return contradiction(module, "it is over {} axes, {} arrive", sizes.size(), rank);
  for (size_t i = 0; i < sizes.size(); ++i) {
    TRY(size, fixed_size(b, module, value, rank - sizes.size() + i));
    if (size == sizes[i]) continue;
    Error error = contradiction(module, "it is over the last axes of {}, {} arrive", shape_text(sizes),
                                shape_text(b.shape(value)));
    error.hint = "it was made for one image size: export with the imgsz that it was trained with";
    return error;
  }
  return {};
}

Error needs_fixed_sizes(Error error) {
  error.code = ErrorCode::kInvalidArgument;
  error.hint = "leave dynamic_axes out, or set it to \"batch\"";
  return error;
}

Result<int64_t> axis_attribute(const GraphBuilder& b, const ModuleView& module, std::string_view name, ValueId value) {
  TRY(axis, module.int_attribute(name));
  const auto rank = static_cast<int64_t>(b.shape(value).size());
  if (axis < -rank || axis >= rank) return contradiction(module, "{} is {}, {} axes arrive", name, axis, rank);
  return axis < 0 ? axis + rank : axis;
}

ValueId per_channel(GraphBuilder& b, const WeightRecipe& values, ValueId like) {
  const size_t rank = b.shape(like).size();
  Shape shape(rank < 2 ? 1 : rank - 1, 1);
  shape[0] = values.shape()[0];
  return b.constant(values.reshape(std::move(shape)));
}

Result<double> epsilon_attribute(const ModuleView& module) {
  TRY(epsilon, module.float_attribute("eps"));
  if (!(epsilon >= 0)) return contradiction(module, "eps is {}", epsilon);
  return epsilon;
}

Result<std::optional<ChannelRecipes>> optional_channel_affine(const ModuleView& module, int64_t channels) {
  TRY(affine, module.bool_attribute("affine"));
  const bool has_scale = module.optional_tensor("weight").has_value(),
             has_bias = module.optional_tensor("bias").has_value();
  if (affine != has_scale || affine != has_bias) {
    return contradiction(module, "affine is {}, weight and bias are {}", affine ? "True" : "False",
                         has_scale || has_bias ? "there" : "missing");
  }
  if (!affine) return std::optional<ChannelRecipes>();
  TRY(scale, weight_recipe(module, "weight", {channels}));
  TRY(bias, weight_recipe(module, "bias", {channels}));
  return std::optional(ChannelRecipes{std::move(scale), std::move(bias)});
}

Result<ChannelAffine> channel_affine(GraphBuilder& b, const ModuleView& module, int64_t channels) {
  TRY(affine, optional_channel_affine(module, channels));
  if (affine) return ChannelAffine{channels, b.constant(affine->scale), b.constant(affine->bias)};
  const auto count = static_cast<size_t>(channels);
  const ValueId scale = b.floats({channels}, std::vector<float>(count, 1.0F));
  return ChannelAffine{channels, scale, b.floats({channels}, std::vector<float>(count, 0.0F))};
}

ValueId scaled_channels(GraphBuilder& b, ValueId x, const std::optional<ChannelRecipes>& affine) {
  if (!affine) return x;
  return b.add(b.mul(x, per_channel(b, affine->scale, x)), per_channel(b, affine->bias, x));
}

Status expect_channels(const GraphBuilder& b, const ModuleView& module, ValueId value, int64_t channels) {
  TRY(actual, fixed_size(b, module, value, 1));
  if (actual != channels) return contradiction(module, "{} channels arrive, {} are expected", actual, channels);
  return {};
}

}  // namespace modelport
