#include "models/torch_modules/module_weights.h"

#include "models/torch_modules/made_weight.h"

namespace modelport {

namespace {

constexpr std::string_view kKnownBy = "its attributes say";

/// A child that is not there: each of its tensors is missing for the reason that it is.
class MissingModule final : public WeightScope {
 public:
  MissingModule(std::string path, Error reason) : path_(std::move(path)), reason_(std::move(reason)) {}

  const std::string& path() const override { return path_; }
  std::string where() const override { return path_; }
  std::string_view shapes_are_known_by() const override { return kKnownBy; }
  Result<Tensor> tensor(std::string_view) const override { return reason_; }
  std::optional<Tensor> optional_tensor(std::string_view) const override { return std::nullopt; }
  Result<std::optional<WeightRecipe>> made(std::string_view, const Shape&) const override {
    return std::optional<WeightRecipe>();
  }
  bool is_made(std::string_view) const override { return false; }
  std::shared_ptr<const WeightScope> child(std::string_view name) const override {
    return std::make_shared<MissingModule>(fmt::format("{}.{}", path_, name), reason_);
  }
  std::vector<std::string> children() const override { return {}; }

 private:
  std::string path_;
  Error reason_;
};

class ModuleScope final : public WeightScope {
 public:
  explicit ModuleScope(ModuleView module) : module_(std::move(module)) {}

  const std::string& path() const override { return module_.path(); }
  std::string where() const override { return module_.where(); }
  std::string_view shapes_are_known_by() const override { return kKnownBy; }
  Result<Tensor> tensor(std::string_view name) const override { return module_.tensor(name); }
  std::optional<Tensor> optional_tensor(std::string_view name) const override { return module_.optional_tensor(name); }

  Result<std::optional<WeightRecipe>> made(std::string_view name, const Shape& shape) const override {
    const std::optional<WeightMaker> maker = weight_maker(module_, name);
    if (!maker) return std::optional<WeightRecipe>();
    TRY(recipe, made_weight(module_, *maker, shape));
    return std::optional(std::move(recipe));
  }
  bool is_made(std::string_view name) const override { return weight_maker(module_, name).has_value(); }

  std::shared_ptr<const WeightScope> child(std::string_view name) const override {
    Result<ModuleView> found = module_.child(name);
    if (found) return std::make_shared<ModuleScope>(*std::move(found));
    std::string path = module_.path().empty() ? std::string(name) : fmt::format("{}.{}", module_.path(), name);
    return std::make_shared<MissingModule>(std::move(path), std::move(found).error());
  }

  std::vector<std::string> children() const override {
    std::vector<std::string> names;
    const auto found = module_.children();
    if (!found) return names;
    for (const auto& [name, view] : *found) names.push_back(name);
    return names;
  }

 private:
  ModuleView module_;
};

}  // namespace

Weights weights_of(const ModuleView& module) { return Weights(std::make_shared<ModuleScope>(module)); }

}  // namespace modelport
