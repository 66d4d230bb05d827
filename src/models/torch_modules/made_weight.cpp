#include "models/torch_modules/made_weight.h"

#include <cmath>

#include "models/torch_modules/attributes.h"
#include "modules/forward_hooks.h"

namespace modelport {

namespace {

constexpr std::string_view kSlot = "_forward_pre_hooks";

std::string part(const WeightMaker& maker, std::string_view suffix) {
  return fmt::format("{}_{}", maker.parameter, suffix);
}

/// Elements between neighbours on `axis`.
int64_t stride_of(const Shape& shape, int64_t axis) {
  int64_t stride = 1;
  for (size_t i = static_cast<size_t>(axis) + 1; i < shape.size(); ++i) stride *= shape[i];
  return stride;
}

Result<WeightRecipe> weight_norm(const ModuleView& module, const WeightMaker& maker, const Shape& shape) {
  const bool whole = maker.axis < 0;
  Shape of_g(whole ? 0 : shape.size(), 1);
  if (!whole) of_g[static_cast<size_t>(maker.axis)] = shape[static_cast<size_t>(maker.axis)];
  TRY(g_tensor, module.tensor(part(maker, "g")));
  TRY(v_tensor, module.tensor(part(maker, "v")));
  TRY(g, tensor_recipe(module, part(maker, "g"), g_tensor, of_g));
  TRY(v, tensor_recipe(module, part(maker, "v"), v_tensor, shape));
  const std::vector<double> lengths = g.to_doubles(), values = v.to_doubles();
  std::vector<double> squares(lengths.size(), 0.0);
  const int64_t stride = whole ? 1 : stride_of(shape, maker.axis), size = std::ssize(squares);
  for (size_t i = 0; i < values.size(); ++i)
    squares[static_cast<size_t>(static_cast<int64_t>(i) / stride % size)] += values[i] * values[i];
  std::vector<double> factors;
  for (size_t i = 0; i < squares.size(); ++i) {
    if (!(squares[i] > 0)) return contradiction(module, "{} is zero in all of row {}", part(maker, "v"), i);
    factors.push_back(lengths[i] / std::sqrt(squares[i]));
  }
  if (whole) factors.assign(static_cast<size_t>(shape[0]), factors[0]);
  return v.scale_axis(whole ? 0 : maker.axis, std::move(factors));
}

Result<WeightRecipe> spectral_norm(const ModuleView& module, const WeightMaker& maker, const Shape& shape) {
  const int64_t rows = shape[static_cast<size_t>(maker.axis)], columns = *element_count(shape) / rows;
  TRY(tensor, module.tensor(part(maker, "orig")));
  TRY(original, tensor_recipe(module, part(maker, "orig"), tensor, shape));
  TRY(u_tensor, module.tensor(part(maker, "u")));
  TRY(v_tensor, module.tensor(part(maker, "v")));
  TRY(u_recipe, tensor_recipe(module, part(maker, "u"), u_tensor, {rows}));
  TRY(v_recipe, tensor_recipe(module, part(maker, "v"), v_tensor, {columns}));
  const std::vector<double> values = original.to_doubles(), u = u_recipe.to_doubles(), v = v_recipe.to_doubles();
  const int64_t stride = stride_of(shape, maker.axis);
  double sigma = 0;
  for (int64_t i = 0; i < rows * columns; ++i) {
    const int64_t row = i / stride % rows, column = i / (stride * rows) * stride + i % stride;
    sigma += u[static_cast<size_t>(row)] * values[static_cast<size_t>(i)] * v[static_cast<size_t>(column)];
  }
  if (!(std::abs(sigma) > 0)) return contradiction(module, "the spectral norm of {} is {}", part(maker, "orig"), sigma);
  return original.scale_axis(0, std::vector<double>(static_cast<size_t>(shape[0]), 1 / sigma));
}

}  // namespace

std::optional<WeightMaker> weight_maker(const ModuleView& module, std::string_view name) {
  for (const ForwardHook& hook : forward_hooks(module.object(), kSlot)) {
    if (hook.effect != ForwardHook::Effect::kMakesWeight || !hook.object) continue;
    const PickleValue* parameter = hook.object->attribute("name");
    const PickleValue* dim = hook.object->attribute("dim");
    if (!parameter || parameter->as_string() != name || !dim || !dim->as_integer()) continue;
    const bool is_spectral = hook.name.ends_with("SpectralNorm");
    return WeightMaker{is_spectral ? WeightMaker::Kind::kSpectralNorm : WeightMaker::Kind::kWeightNorm,
                       std::string(name), *dim->as_integer()};
  }
  return std::nullopt;
}

Result<WeightRecipe> made_weight(const ModuleView& module, const WeightMaker& maker, const Shape& shape) {
  const bool is_spectral = maker.kind == WeightMaker::Kind::kSpectralNorm;
  if (maker.axis >= std::ssize(shape) || maker.axis < (is_spectral ? 0 : -1))
    return contradiction(module, "its {} is made along axis {} of {}", maker.parameter, maker.axis, shape_text(shape));
  module.ignore(kSlot, "makes its weight, which is made here");
  module.ignore(maker.parameter, "cached by the last forward(); made from its parts here");
  return is_spectral ? spectral_norm(module, maker, shape) : weight_norm(module, maker, shape);
}

}  // namespace modelport
