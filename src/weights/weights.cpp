#include "weights/weights.h"

#include <algorithm>

namespace modelport {

bool Weights::has_child(std::string_view name) const {
  const std::vector<std::string> names = scope_->children();
  return std::ranges::find(names, name) != names.end();
}

Result<Tensor> Weights::tensor(std::string_view name, const Shape& shape) const {
  TRY(found, scope_->tensor(name));
  if (found.shape() != shape) {
    return contradiction(*this, "{} is {}, {} {}", name, shape_text(found.shape()), scope_->shapes_are_known_by(),
                         shape_text(shape));
  }
  return found;
}

Result<WeightRecipe> Weights::recipe_of(std::string_view name, const Tensor& tensor, const Shape& shape) const {
  if (!is_float(tensor.dtype())) {
    return fail("{} is {}, a floating-point tensor is expected", name, dtype_name(tensor.dtype()));
  }
  if (tensor.shape() != shape) {
    return contradiction(*this, "{} is {}, {} {}", name, shape_text(tensor.shape()), scope_->shapes_are_known_by(),
                         shape_text(shape));
  }
  std::string full_name = path().empty() ? std::string(name) : fmt::format("{}.{}", path(), name);
  return WeightRecipe::source(tensor, std::move(full_name)).convert(DType::kFloat32);
}

Result<WeightRecipe> Weights::recipe(std::string_view name, const Shape& shape) const {
  TRY(made, scope_->made(name, shape));
  if (made) return *std::move(made);
  TRY(stored, scope_->tensor(name));
  return recipe_of(name, stored, shape);
}

Result<std::optional<WeightRecipe>> Weights::optional_recipe(std::string_view name, const Shape& shape) const {
  if (!has(name)) return std::optional<WeightRecipe>();
  TRY(found, recipe(name, shape));
  return std::optional(std::move(found));
}

}  // namespace modelport
