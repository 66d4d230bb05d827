#include "models/ultralytics/class_names.h"

#include <charconv>

#include "models/layers/weights.h"

namespace modelport::ultralytics {

namespace {

constexpr size_t kLongestName = 1000;

std::string name_text(const PickleValue& value) {
  if (const auto text = value.as_string()) return std::string(*text);
  return pickle_value_text(value, kLongestName);
}

/// A dict key as a class index: an integer, or text of one.
std::optional<int64_t> class_index(const PickleValue& key) {
  if (const auto index = key.as_integer()) return index;
  const auto text = key.as_string();
  if (!text) return std::nullopt;
  int64_t index = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), index);
  if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return index;
}

}  // namespace

Result<ClassNames> read_class_names(const ModuleView& root, int64_t class_count) {
  ClassNames out;
  const auto count = static_cast<size_t>(class_count);
  if (root.is_none("names")) {
    for (size_t i = 0; i < count; ++i) out.names.push_back(fmt::format("class{}", i));
    out.origin = FactOrigin::kFrameworkDefault;
    return out;
  }
  TRY(value, root.attribute("names"));
  const PickleDict* dict = value.as_dict();
  const std::vector<PickleValue>* list = value.as_sequence();
  if (!dict && !list) return root.fail("names is a {}, a list or dict is expected", pickle_kind_name(value.kind()));
  const size_t given = dict ? dict->entries.size() : list->size();
  if (given != count) {
    return contradiction(root, "names holds {} classes, the head predicts {}", given, class_count);
  }
  if (list) {
    for (const PickleValue& name : *list) out.names.push_back(name_text(name));
    return out;
  }
  std::vector<std::optional<std::string>> by_index(count);
  for (const auto& [key, name] : dict->entries) {
    const std::optional<int64_t> index = class_index(key);
    if (!index || *index < 0 || *index >= class_count) {
      return contradiction(root, "names has the key {}, indices 0 to {} are expected", pickle_value_text(key, 40),
                           class_count - 1);
    }
    by_index[static_cast<size_t>(*index)] = name_text(name);
  }
  for (size_t i = 0; i < count; ++i) {
    if (!by_index[i]) return contradiction(root, "names has no name for class {}", i);
    out.names.push_back(*std::move(by_index[i]));
  }
  return out;
}

}  // namespace modelport::ultralytics
