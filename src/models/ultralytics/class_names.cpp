#include "models/ultralytics/class_names.h"

#include <algorithm>
#include <charconv>

#include "checkpoint/numpy_value.h"
#include "models/layers/weights.h"

namespace modelport::ultralytics {

namespace {

constexpr size_t kLongestName = 1000;
constexpr std::string_view kOptionHint = "give them with the option class_names";

std::string name_text(const PickleValue& value) {
  return plain_text(value).value_or(pickle_value_text(value, kLongestName));
}

/// A dict key as a class index: an integer, or text of one.
std::optional<int64_t> class_index(const PickleValue& key) {
  if (const auto index = plain_integer(key)) return index;
  const auto text = key.as_string();
  if (!text) return std::nullopt;
  int64_t index = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), index);
  if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return index;
}

/// Names by class; nothing where one is missing. Those of no class are counted.
struct GivenNames {
  std::vector<std::optional<std::string>> by_class;
  size_t given = 0;
};

Result<GivenNames> given_names(const ModuleView& root, size_t count) {
  GivenNames out{std::vector<std::optional<std::string>>(count)};
  TRY(value, root.attribute("names"));
  if (const PickleDict* dict = value.as_dict()) {
    out.given = dict->entries.size();
    for (const auto& [key, name] : dict->entries) {
      const std::optional<int64_t> index = class_index(key);
      if (!index || *index < 0) {
        Error error =
            contradiction(root, "names has the key {}, numbers of classes are expected", pickle_value_text(key, 40));
        error.hint = kOptionHint;
        return error;
      }
      if (static_cast<size_t>(*index) < count) out.by_class[static_cast<size_t>(*index)] = name_text(name);
    }
    return out;
  }
  PickleArena texts;
  const auto list = plain_items(value, texts);
  if (!list) {
    Error error = root.fail("names is a {}, a list or dict is expected", pickle_kind_name(value.kind()));
    error.hint = kOptionHint;
    return error;
  }
  out.given = list->size();
  for (size_t i = 0; i < std::min(count, list->size()); ++i) out.by_class[i] = name_text((*list)[i]);
  return out;
}

}  // namespace

Result<ClassNames> read_class_names(const ModuleView& root, int64_t class_count, const BuildRequest& request,
                                    std::vector<std::string>& notes) {
  const auto count = static_cast<size_t>(class_count);
  if (!request.class_names.empty()) {
    if (request.class_names.size() != count) {
      return fail(ErrorCode::kInvalidArgument,
                  "export_config.class_names holds {} names, the model predicts {} classes", request.class_names.size(),
                  class_count);
    }
    root.ignore("names", "the option class_names names the classes");
    return ClassNames{request.class_names, FactOrigin::kUser};
  }
  ClassNames out;
  GivenNames given{std::vector<std::optional<std::string>>(count)};
  if (root.is_none("names")) {
    out.origin = FactOrigin::kFrameworkDefault;
  } else {
    TRY(found, given_names(root, count));
    given = std::move(found);
  }
  size_t unnamed = 0;
  for (size_t i = 0; i < count; ++i) {
    if (!given.by_class[i]) ++unnamed;
    out.names.push_back(given.by_class[i].value_or(fmt::format("class{}", i)));
  }
  if (out.origin == FactOrigin::kCheckpoint && (unnamed > 0 || given.given != count)) {
    notes.push_back(fmt::format(
        "names holds {} classes, the head predicts {}: {} ({})", given.given, class_count,
        unnamed > 0 ? fmt::format("{} of them are numbered in their place", unnamed) : "the first ones are taken",
        kOptionHint));
  }
  return out;
}

}  // namespace modelport::ultralytics
