#include "modules/find_model.h"

#include <algorithm>
#include <unordered_set>

#include "modules/forward_hooks.h"
#include "modules/module_view.h"
#include "modules/wrappers.h"

namespace modelport {
namespace {

constexpr std::string_view kLists[] = {"torch.nn.modules.container.ModuleList",
                                       "torch.nn.modules.container.Sequential"};
constexpr size_t kDeepestLists = 16;

/// What holds the network: a module, or an object around one.
bool holds_module(const PickleValue& value) {
  const PickleObject* object = value.as_object();
  return object && unwrapped(*object).is_module();
}

/// Such an object, and the key of the top-level dict that leads to it.
struct Held {
  PickleValue value;
  std::string_view key;
};

/// Every such object that containers and plain objects lead to. Each container is visited once.
std::vector<Held> outermost(const PickleValue& root) {
  std::vector<Held> pending{{root, ""}};
  std::unordered_set<const void*> seen;
  std::vector<Held> found;
  while (!pending.empty()) {
    const auto [value, key] = pending.back();
    pending.pop_back();
    if (!value.identity() || !seen.insert(value.identity()).second) continue;
    const auto add = [&pending, key = key](const PickleValue& inner) { pending.push_back({inner, key}); };
    if (holds_module(value)) {
      found.push_back({value, key});
    } else if (const std::vector<PickleValue>* items = value.as_sequence()) {
      for (const PickleValue& item : *items) add(item);
    } else if (const PickleDict* dict = value.as_dict()) {
      const bool is_top = value.identity() == root.identity();
      for (const auto& [name, item] : dict->entries)
        pending.push_back({item, is_top ? name.as_string().value_or("") : key});
    } else if (const PickleObject* object = value.as_object()) {
      for (const PickleValue& item : object->arguments) add(item);
      for (const PickleValue& item : object->list_items) add(item);
      for (const auto& [name, item] : object->dict_items.entries) add(item);
      add(object->state);
    }
  }
  std::ranges::reverse(found);
  return found;
}

/// The only child of a list of modules without hooks; null for another module.
const PickleObject* only_item(const PickleObject& list) {
  const std::string name = list.type ? canonical_class_name(*list.type) : "";
  const bool is_list = std::ranges::find(kLists, name) != std::end(kLists);
  const PickleDict* children = is_list && list.is_module() ? list.attribute("_modules")->as_dict() : nullptr;
  if (!children || children->entries.size() != 1) return nullptr;
  for (const std::string_view slot : {"_forward_pre_hooks", "_forward_hooks"}) {
    if (!forward_hooks(list, slot).empty()) return nullptr;
  }
  const PickleObject* item = children->entries.front().second.as_object();
  return item && unwrapped(*item).is_module() ? &unwrapped(*item) : nullptr;
}

}  // namespace

PickleValue find_model(const Checkpoint& checkpoint) {
  for (const CheckpointFamily* family : checkpoint.families()) {
    for (const std::string_view key : family->model_keys) {
      const PickleValue* value = checkpoint.find(key);
      if (value && holds_module(*value)) return *value;
    }
  }
  if (holds_module(checkpoint.root)) return checkpoint.root;
  const std::vector<Held> all = outermost(checkpoint.root);
  return all.size() == 1 ? all.front().value : PickleValue();
}

std::vector<OutermostModule> outermost_modules(const Checkpoint& checkpoint) {
  std::vector<OutermostModule> modules;
  for (const Held& held : outermost(checkpoint.root))
    modules.push_back({std::string(held.key), &unwrapped(*held.value.as_object())});
  return modules;
}

const PickleObject* model_root(const Checkpoint& checkpoint) {
  const PickleObject* found = find_model(checkpoint).as_object();
  if (!found) return nullptr;
  found = &unwrapped(*found);
  for (size_t depth = 0; depth < kDeepestLists; ++depth) {
    const PickleObject* item = only_item(*found);
    if (!item) break;
    found = item;
  }
  return found;
}

}  // namespace modelport
