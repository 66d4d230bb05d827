#include "modules/module_view.h"

#include <algorithm>

#include "base/nearest_name.h"
#include "checkpoint/checkpoint_family.h"
#include "modules/wrappers.h"

namespace modelport {
namespace {

struct MovedPackage {
  std::string_view old_prefix;
  std::string_view prefix;
};

/// Where torch's own classes moved to.
constexpr MovedPackage kMovedPackages[] = {{"torch.quantization.stubs.", "torch.ao.quantization.stubs."}};

const PickleDict* slot(const PickleObject& module, std::string_view name) {
  const PickleValue* value = module.attribute(name);
  return value ? value->as_dict() : nullptr;
}

const PickleObject* find_child(const PickleObject& module, std::string_view name) {
  const PickleDict* children = slot(module, "_modules");
  const PickleValue* value = children ? children->find(name) : nullptr;
  const PickleObject* child = value ? value->as_object() : nullptr;
  if (!child) return nullptr;
  const PickleObject& inner = unwrapped(*child);
  return inner.is_module() ? &inner : nullptr;
}

void add_keys(const PickleDict* dict, std::vector<std::string>& out) {
  if (!dict) return;
  for (const auto& [key, value] : dict->entries) {
    if (auto text = key.as_string()) out.emplace_back(*text);
  }
}

std::string nearest_hint(std::string_view name, const std::vector<std::string>& candidates) {
  const std::string nearest = nearest_name(name, candidates);
  return nearest.empty() ? "" : fmt::format("the nearest is {}", nearest);
}

/// How torch pickles a tensor of the device "meta".
bool is_without_values(const PickleValue& value) {
  const PickleObject* object = value.as_object();
  return object && object->type && object->type->qualified_name() == "torch._utils._rebuild_meta_tensor_no_storage";
}

// Deeper paths and more views than any network has; a hostile module graph can be made to unfold without end.
constexpr ptrdiff_t kDeepestPath = 64;

}  // namespace

std::string canonical_class_name(const PickleGlobal& type) {
  std::string name = type.qualified_name();
  for (const MovedPackage& row : kMovedPackages) {
    if (name.starts_with(row.old_prefix)) name.replace(0, row.old_prefix.size(), row.prefix);
  }
  for (const CheckpointFamily* family : type.families) {
    if (family->current_class_name) name = family->current_class_name(std::move(name));
  }
  return name;
}

std::string canonical_class_name(const PickleGlobal& type, const ClassAliases& aliases) {
  std::string name = canonical_class_name(type);
  const auto alias = aliases.find(name);
  return alias == aliases.end() ? name : alias->second;
}

ModuleView::ModuleView(Ledger* ledger, const PickleObject* object, std::string path)
    : ledger_(ledger), object_(object), path_(std::move(path)), class_name_(ledger->class_name(*object)) {}

std::string_view ModuleView::short_class_name() const {
  return std::string_view(class_name_).substr(class_name_.rfind('.') + 1);
}

std::string ModuleView::where() const {
  return fmt::format("{} ({})", path_.empty() ? "the root module" : path_, class_name_);
}

Result<ModuleView> ModuleView::child(std::string_view name) const {
  const PickleObject* found = find_child(*object_, name);
  if (!found) {
    std::vector<std::string> names;
    add_keys(slot(*object_, "_modules"), names);
    if (const PickleValue* other = object_->attribute(name))
      return fail("its {} is {}, a module is expected", name, pickle_value_text(*other, 80));
    Error error = fail("it has no child module {}", name);
    error.hint = nearest_hint(name, names);
    return error;
  }
  if (std::ranges::count(path_, '.') >= kDeepestPath) {
    return modelport::fail(ErrorCode::kHostile, "modules are nested deeper than {} levels", kDeepestPath).in(where());
  }
  CHECK_OK(ledger_->count_view());
  return ModuleView(ledger_, found, path_.empty() ? std::string(name) : fmt::format("{}.{}", path_, name));
}

Result<ModuleView> ModuleView::descendant(std::string_view dotted_path) const {
  ModuleView view = *this;
  while (!dotted_path.empty()) {
    const size_t dot = dotted_path.find('.');
    TRY(next, view.child(dotted_path.substr(0, dot)));
    view = std::move(next);
    dotted_path = dot == std::string_view::npos ? std::string_view() : dotted_path.substr(dot + 1);
  }
  return view;
}

bool ModuleView::has_child(std::string_view name) const { return find_child(*object_, name) != nullptr; }

Result<std::vector<std::pair<std::string, ModuleView>>> ModuleView::children() const {
  std::vector<std::pair<std::string, ModuleView>> out;
  std::vector<std::string> names;
  add_keys(slot(*object_, "_modules"), names);
  for (std::string& name : names) {
    if (!has_child(name)) continue;
    TRY(view, child(name));
    out.emplace_back(std::move(name), std::move(view));
  }
  return out;
}

const PickleValue* ModuleView::find_tensor(std::string_view name) const {
  for (const std::string_view where_from : {"_parameters", "_buffers"}) {
    const PickleDict* dict = slot(*object_, where_from);
    const PickleValue* value = dict ? dict->find(name) : nullptr;
    if (value) return value;
  }
  return nullptr;
}

std::optional<Tensor> ModuleView::optional_tensor(std::string_view name) const {
  const PickleValue* value = find_tensor(name);
  const Tensor* found = value ? value->as_tensor() : nullptr;
  // What is neither stays unaccounted for.
  if (!found && !(value && value->is_none())) return std::nullopt;
  ledger_->mark(*object_, name, NameState::kRead);
  return found ? std::optional(*found) : std::nullopt;
}

Result<Tensor> ModuleView::tensor(std::string_view name) const {
  const PickleValue* value = find_tensor(name);
  if (!value || !value->as_tensor()) {
    std::vector<std::string> names;
    add_keys(slot(*object_, "_parameters"), names);
    add_keys(slot(*object_, "_buffers"), names);
    if (value && is_without_values(*value)) {
      Error error = fail("tensor {} has a shape and no values: it was saved from the device \"meta\"", name);
      error.hint = "load the weights into the model before saving it";
      return error;
    }
    Error error =
        value ? fail("tensor {} is {}", name, pickle_value_text(*value, 80)) : fail("it has no tensor {}", name);
    if (!value) error.hint = nearest_hint(name, names);
    return error;
  }
  ledger_->mark(*object_, name, NameState::kRead);
  return *value->as_tensor();
}

const PickleValue* ModuleView::find_attribute(std::string_view name) const {
  const PickleValue* value = object_->attribute(name);
  if (value) ledger_->mark(*object_, name, NameState::kRead);
  return value;
}

Error ModuleView::wrong_kind(std::string_view name, const PickleValue& value, std::string_view expected) const {
  return fail("attribute {} is {}, {} is expected", name, pickle_value_text(value, 80), expected);
}

bool ModuleView::has_attribute(std::string_view name) const { return object_->attribute(name) != nullptr; }

bool ModuleView::is_none(std::string_view name) const {
  const PickleValue* value = find_attribute(name);
  return !value || value->is_none();
}

void ModuleView::ignore(std::string_view name, std::string_view reason) const { ledger_->ignore(*this, name, reason); }

Result<PickleValue> ModuleView::attribute(std::string_view name) const {
  const PickleValue* value = find_attribute(name);
  if (value) return *value;
  std::vector<std::string> names;
  add_keys(object_->attributes(), names);
  Error error = fail("it has no attribute {}", name);
  error.hint = nearest_hint(name, names);
  return error;
}

Result<int64_t> ModuleView::int_attribute(std::string_view name) const {
  TRY(value, attribute(name));
  if (auto integer = value.as_integer()) return *integer;
  return wrong_kind(name, value, "an integer");
}

Result<int64_t> ModuleView::int_attribute(std::string_view name, int64_t if_missing) const {
  return has_attribute(name) ? int_attribute(name) : if_missing;
}

Result<double> ModuleView::float_attribute(std::string_view name) const {
  TRY(value, attribute(name));
  if (auto number = value.as_number()) return *number;
  const Tensor* tensor = value.as_tensor();
  if (tensor && tensor->element_count() == 1 && dtype_info(tensor->dtype()).kind != DTypeKind::kComplex) {
    return tensor->to_doubles()[0];
  }
  return wrong_kind(name, value, "a number");
}

Result<double> ModuleView::float_attribute(std::string_view name, double if_missing) const {
  return has_attribute(name) ? float_attribute(name) : if_missing;
}

Result<bool> ModuleView::bool_attribute(std::string_view name) const {
  TRY(value, attribute(name));
  if (auto flag = value.as_bool()) return *flag;
  return wrong_kind(name, value, "a bool");
}

Result<bool> ModuleView::bool_attribute(std::string_view name, bool if_missing) const {
  return has_attribute(name) ? bool_attribute(name) : if_missing;
}

Result<std::string> ModuleView::string_attribute(std::string_view name) const {
  TRY(value, attribute(name));
  if (auto text = value.as_string()) return std::string(*text);
  return wrong_kind(name, value, "a string");
}

Result<std::string> ModuleView::string_attribute(std::string_view name, std::string_view if_missing) const {
  return has_attribute(name) ? string_attribute(name) : std::string(if_missing);
}

Result<std::array<int64_t, 2>> ModuleView::int_pair_attribute(std::string_view name) const {
  TRY(value, attribute(name));
  if (auto integer = value.as_integer()) return std::array{*integer, *integer};
  const auto* items = value.as_sequence();
  if (items && items->size() == 2 && (*items)[0].as_integer() && (*items)[1].as_integer()) {
    return std::array{*(*items)[0].as_integer(), *(*items)[1].as_integer()};
  }
  return wrong_kind(name, value, "an integer or a pair of integers");
}

Result<std::vector<int64_t>> ModuleView::int_list_attribute(std::string_view name) const {
  TRY(value, attribute(name));
  if (auto integer = value.as_integer()) return std::vector{*integer};
  const auto* items = value.as_sequence();
  if (!items) return wrong_kind(name, value, "a list of integers");
  std::vector<int64_t> out;
  for (const PickleValue& item : *items) {
    if (!item.as_integer()) return wrong_kind(name, value, "a list of integers");
    out.push_back(*item.as_integer());
  }
  return out;
}

Result<std::vector<double>> ModuleView::float_list_attribute(std::string_view name) const {
  TRY(value, attribute(name));
  const Tensor* tensor = value.as_tensor();
  if (tensor && dtype_info(tensor->dtype()).kind != DTypeKind::kComplex) return tensor->to_doubles();
  const auto* items = value.as_sequence();
  if (!items) return wrong_kind(name, value, "a list of numbers");
  std::vector<double> out;
  for (const PickleValue& item : *items) {
    if (!item.as_number()) return wrong_kind(name, value, "a list of numbers");
    out.push_back(*item.as_number());
  }
  return out;
}

Result<Tensor> ModuleView::tensor_attribute(std::string_view name) const {
  TRY(value, attribute(name));
  if (const Tensor* tensor = value.as_tensor()) return *tensor;
  return wrong_kind(name, value, "a tensor");
}

}  // namespace modelport
