#include "weights/state_dict.h"

#include <algorithm>
#include <map>

#include "base/nearest_name.h"
#include "weights/name_pattern.h"

namespace modelport {

/// A level of the tree: the tensors and places that hang there.
struct StateDict::Place {
  std::map<std::string, size_t, std::less<>> tensors;  ///< Positions in `tensors_`.
  std::map<std::string, std::shared_ptr<Place>, std::less<>> places;
  std::vector<std::string> order;  ///< Of `places`.
};

namespace {

using Place = StateDict::Place;

// Deeper names than any network has: a file could nest places without end.
constexpr ptrdiff_t kDeepestName = 64;

Place& place_of(Place& root, std::string_view path) {
  Place* at = &root;
  while (!path.empty()) {
    const size_t dot = path.find('.');
    const std::string_view part = path.substr(0, dot);
    auto [place, is_new] = at->places.try_emplace(std::string(part));
    if (is_new) {
      place->second = std::make_shared<Place>();
      at->order.emplace_back(part);
    }
    at = place->second.get();
    path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
  }
  return *at;
}

/// "layers.0.weight" as the place "layers.0" and "weight".
std::pair<std::string_view, std::string_view> split_name(std::string_view name) {
  const size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return {"", name};
  return {name.substr(0, dot), name.substr(dot + 1)};
}

class StateDictScope final : public WeightScope {
 public:
  StateDictScope(Account& account, const std::vector<NamedWeight>& tensors, std::shared_ptr<const Place> place,
                 std::string path)
      : account_(account), tensors_(tensors), place_(std::move(place)), path_(std::move(path)) {}

  const std::string& path() const override { return path_; }
  std::string where() const override { return path_.empty() ? "the state dict" : path_; }
  std::string_view shapes_are_known_by() const override { return "the architecture says"; }

  Result<Tensor> tensor(std::string_view name) const override {
    if (auto found = optional_tensor(name)) return *std::move(found);
    const std::string wanted = join(name);
    std::vector<std::string> names;
    for (const NamedWeight& each : tensors_) names.push_back(each.name);
    Error error = fail(ErrorCode::kInconsistentModel, "there is no tensor {}", wanted);
    const std::string nearest = nearest_name(wanted, names);
    if (!nearest.empty()) error.hint = fmt::format("the nearest is {}", nearest);
    return error;
  }

  std::optional<Tensor> optional_tensor(std::string_view name) const override {
    const auto found = place_->tensors.find(name);
    if (found == place_->tensors.end()) return std::nullopt;
    const NamedWeight& weight = tensors_[found->second];
    account_.mark(&tensors_, weight.name, NameState::kRead);
    return weight.tensor;
  }

  Result<std::optional<WeightRecipe>> made(std::string_view, const Shape&) const override {
    return std::optional<WeightRecipe>();
  }
  bool is_made(std::string_view) const override { return false; }

  std::shared_ptr<const WeightScope> child(std::string_view name) const override {
    const auto found = place_->places.find(name);
    auto place = found == place_->places.end() ? std::make_shared<Place>() : found->second;
    return std::make_shared<StateDictScope>(account_, tensors_, std::move(place), join(name));
  }

  std::vector<std::string> children() const override { return place_->order; }

 private:
  std::string join(std::string_view name) const {
    return path_.empty() ? std::string(name) : fmt::format("{}.{}", path_, name);
  }

  Account& account_;
  const std::vector<NamedWeight>& tensors_;
  std::shared_ptr<const Place> place_;
  std::string path_;
};

}  // namespace

Result<std::unique_ptr<StateDict>> StateDict::make(Account& account, std::vector<NamedWeight> tensors,
                                                   std::span<const TensorRule> rules) {
  std::unique_ptr<StateDict> dict(new StateDict(account, std::move(tensors), rules));
  for (size_t i = 0; i < dict->tensors_.size(); ++i) {
    const NamedWeight& weight = dict->tensors_[i];
    if (std::ranges::count(weight.name, '.') > kDeepestName)
      return fail(ErrorCode::kHostile, "tensors are nested deeper than {} levels", kDeepestName);
    const auto [path, name] = split_name(weight.name);
    const auto [other, is_new] = place_of(*dict->root_, path).tensors.emplace(name, i);
    if (!is_new) {
      return fail(ErrorCode::kInconsistentModel, "{} and {} are both {}", dict->tensors_[other->second].stored_as,
                  weight.stored_as, weight.name);
    }
  }
  account.add(*dict);
  return dict;
}

StateDict::StateDict(Account& account, std::vector<NamedWeight> tensors, std::span<const TensorRule> rules)
    : account_(account), tensors_(std::move(tensors)), rules_(rules), root_(std::make_shared<Place>()) {}

Weights StateDict::root() const {
  return Weights(std::make_shared<StateDictScope>(account_, tensors_, root_, std::string()));
}

void StateDict::ignore(std::string_view name, std::string_view reason) const {
  account_.mark(&tensors_, name, NameState::kIgnored, reason);
}

void StateDict::list(const Account& account, std::vector<AccountEntry>& entries, std::vector<Error>&) const {
  for (const NamedWeight& weight : tensors_) {
    AccountEntry& entry = entries.emplace_back();
    entry.path = weight.stored_as;
    entry.name = weight.name;
    entry.kind = AccountEntry::Kind::kTensor;
    entry.tensor = &weight.tensor;
    if (const Account::Mark* mark = account.find(&tensors_, weight.name)) {
      entry.state = mark->state;
      entry.reason = mark->reason;
      continue;
    }
    for (const TensorRule& rule : rules_) {
      if (!matches_pattern(rule.name, weight.name)) continue;
      entry.state = NameState::kIgnored;
      entry.reason = rule.reason;
      break;
    }
  }
}

}  // namespace modelport
