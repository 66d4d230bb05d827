#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "graph/weight_recipe.h"
#include "tensor/tensor.h"

namespace modelport {

/// One place in a tree of named tensors, as `Weights` reads it: a level of a state dict, a pickled module. What is
/// handed out is marked as read.
class WeightScope {
 public:
  virtual ~WeightScope() = default;
  /// "layers.0"; empty for the root.
  virtual const std::string& path() const = 0;
  /// The place in messages: "layers.0", "model.22 (ultralytics.nn.modules.head.Detect)".
  virtual std::string where() const = 0;
  /// What the shapes of tensors are held to, in messages: "its attributes say".
  virtual std::string_view shapes_are_known_by() const = 0;
  /// The tensor `name`; kUnsupportedModel with the nearest name where there is none.
  virtual Result<Tensor> tensor(std::string_view name) const = 0;
  /// The same; nothing where there is none.
  virtual std::optional<Tensor> optional_tensor(std::string_view name) const = 0;
  /// A weight that is made from other tensors, such as by torch.nn.utils.weight_norm; nothing where it is stored.
  virtual Result<std::optional<WeightRecipe>> made(std::string_view name, const Shape& shape) const = 0;
  virtual bool is_made(std::string_view name) const = 0;
  /// The place below. Where nothing is there, every tensor of it is missing.
  virtual std::shared_ptr<const WeightScope> child(std::string_view name) const = 0;
  /// Names of the places below, in the checkpoint's order.
  virtual std::vector<std::string> children() const = 0;
};

/// Tensors by name below one place: `w / "layers" / 0`, then `w.recipe("weight", {96, 3, 4, 4})`, after candle's
/// VarBuilder. Every access is recorded in the account. Cheap to copy; valid as long as what it reads from.
class Weights {
 public:
  explicit Weights(std::shared_ptr<const WeightScope> scope) : scope_(std::move(scope)) {}

  /// "layers.0"; empty for the root.
  const std::string& path() const { return scope_->path(); }
  std::string where() const { return scope_->where(); }

  Weights operator/(std::string_view child) const { return Weights(scope_->child(child)); }
  Weights operator/(int64_t index) const { return *this / std::string_view(std::to_string(index)); }
  /// Names of the places below, in the checkpoint's order.
  std::vector<std::string> children() const { return scope_->children(); }
  bool has_child(std::string_view name) const;

  /// A tensor as stored; missing is kUnsupportedModel with the nearest name.
  Result<Tensor> tensor(std::string_view name) const { return scope_->tensor(name); }
  /// The same, of this shape: kInconsistentModel otherwise.
  Result<Tensor> tensor(std::string_view name, const Shape& shape) const;
  std::optional<Tensor> optional_tensor(std::string_view name) const { return scope_->optional_tensor(name); }
  /// Whether the weight is stored, or made from what is.
  bool has(std::string_view name) const { return scope_->is_made(name) || scope_->optional_tensor(name); }

  /// A floating-point weight, stored or made from others, converted to float32. kInconsistentModel when its shape is
  /// not `shape`.
  Result<WeightRecipe> recipe(std::string_view name, const Shape& shape) const;
  /// The same; nothing where it is missing.
  Result<std::optional<WeightRecipe>> optional_recipe(std::string_view name, const Shape& shape) const;
  /// The recipe of a tensor that was read here by another name's place or shape.
  Result<WeightRecipe> recipe_of(std::string_view name, const Tensor& tensor, const Shape& shape) const;

  /// An error at this place: kUnsupportedModel.
  template <class... Args>
  Error fail(fmt::format_string<Args...> format, Args&&... args) const {
    return modelport::fail(ErrorCode::kUnsupportedModel, format, std::forward<Args>(args)...).in(where());
  }

 private:
  std::shared_ptr<const WeightScope> scope_;
};

/// Two parts of one place that exclude each other, as kInconsistentModel there.
template <class... Args>
Error contradiction(const Weights& weights, fmt::format_string<Args...> format, Args&&... args) {
  return fail(ErrorCode::kInconsistentModel, format, std::forward<Args>(args)...).in(weights.where());
}

}  // namespace modelport
