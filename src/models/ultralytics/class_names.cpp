#include "models/ultralytics/class_names.h"

#include <algorithm>
#include <charconv>

#include "base/printable.h"
#include "checkpoint/numpy_value.h"
#include "models/torch_modules/attributes.h"

namespace modelport::ultralytics {

namespace {

constexpr size_t kLongestName = 1000;
constexpr size_t kLongestShown = 40;
constexpr size_t kMostShown = 10;
constexpr std::string_view kOptionHint = "give them with the option class_names";

bool is_number(PickleKind kind) {
  return kind == PickleKind::kBool || kind == PickleKind::kInteger || kind == PickleKind::kBigInteger ||
         kind == PickleKind::kFloat;
}

/// Text, bytes and numbers as one line of text; nothing for another value, control characters, and what is not UTF-8.
std::optional<std::string> name_text(const PickleValue& value) {
  std::optional<std::string> text = plain_text(value);
  if (const auto bytes = value.as_bytes(); !text && bytes) text = std::string(*bytes);
  if (is_number(value.kind())) text = pickle_value_text(value, kLongestName);
  return text && printable(*text) == *text ? text : std::nullopt;
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

/// Names by class; nothing where one is missing.
struct GivenNames {
  std::vector<std::optional<std::string>> by_class;
  size_t given = 0;                   ///< Of any class or none.
  std::vector<std::string> unusable;  ///< "class: value", of what is no name.
  std::vector<std::string> left_out;  ///< "class: value", of classes that the head does not have.
  int64_t first = 0;                  ///< The lowest class that has a name.

  void add(int64_t index, const PickleValue& value) {
    ++given;
    const std::string shown = fmt::format("{}: {}", index, printable(pickle_value_text(value, kLongestShown)));
    if (static_cast<size_t>(index) >= by_class.size()) {
      left_out.push_back(shown);
    } else if (std::optional<std::string> name = name_text(value)) {
      by_class[static_cast<size_t>(index)] = std::move(name);
    } else {
      unusable.push_back(shown);
    }
    first = given == 1 ? index : std::min(first, index);
  }
};

std::string first_of(std::vector<std::string> items) {
  const size_t more = items.size() - std::min(items.size(), kMostShown);
  items.resize(items.size() - more);
  return fmt::format("{}{}", fmt::join(items, ", "), more > 0 ? fmt::format(" and {} more", more) : "");
}

Result<GivenNames> given_names(const ModuleView& root, size_t count) {
  GivenNames out;
  out.by_class.resize(count);
  TRY(value, root.attribute("names"));
  if (const PickleDict* dict = value.as_dict()) {
    for (const auto& [key, name] : dict->entries) {
      const std::optional<int64_t> index = class_index(key);
      if (!index || *index < 0) {
        Error error =
            contradiction(root, "names has the key {}, numbers of classes are expected", pickle_value_text(key, 40));
        error.hint = kOptionHint;
        return error;
      }
      out.add(*index, name);
    }
    return out;
  }
  PickleArena texts;
  const auto list = plain_items(value, texts);
  if (!list) {
    Error error = root.fail("names is {}, a list or dict is expected", pickle_kind_name(value.kind()));
    error.hint = kOptionHint;
    return error;
  }
  for (size_t i = 0; i < list->size(); ++i) out.add(static_cast<int64_t>(i), (*list)[i]);
  return out;
}

void note_differences(const GivenNames& given, std::vector<std::string>& notes) {
  const auto without = static_cast<size_t>(std::ranges::count(given.by_class, std::optional<std::string>()));
  const size_t unnamed = without - given.unusable.size();
  if (unnamed > 0 || !given.left_out.empty()) {
    notes.push_back(fmt::format("names holds {} classes, the head predicts {}: {}{}{} ({})", given.given,
                                given.by_class.size(),
                                unnamed == 0   ? "the first ones are taken"
                                : unnamed == 1 ? "1 of them is numbered in its place"
                                               : fmt::format("{} of them are numbered in their place", unnamed),
                                given.left_out.empty() ? "" : fmt::format("; left out: {}", first_of(given.left_out)),
                                given.first == 1 ? "; classes count from 0, these names from 1" : "", kOptionHint));
  }
  if (!given.unusable.empty()) {
    notes.push_back(fmt::format(
        "names holds what is no text of one line in UTF-8: {}; these classes are numbered in their place ({})",
        first_of(given.unusable), kOptionHint));
  }
}

}  // namespace

Result<ClassNames> read_class_names(const ModuleView& root, int64_t class_count, const BuildRequest& request,
                                    std::vector<std::string>& notes) {
  const auto count = static_cast<size_t>(class_count);
  if (!request.class_names.empty()) {
    if (request.class_names.size() != count) {
      Error error =
          fail(ErrorCode::kInvalidArgument, "export_config.class_names holds {} names, the model predicts {} classes",
               request.class_names.size(), class_count);
      error.hint = "give one name for each class";
      return error;
    }
    root.ignore("names", "the option class_names names the classes");
    return ClassNames{request.class_names, FactOrigin::kUser};
  }
  ClassNames out;
  GivenNames given;
  given.by_class.resize(count);
  if (!root.is_none("names")) {
    TRY(found, given_names(root, count));
    given = std::move(found);
    if (given.given > 0) note_differences(given, notes);
  }
  if (given.given == 0)
    notes.push_back(fmt::format("the checkpoint names no classes: they are numbered ({})", kOptionHint));
  const size_t named = count - static_cast<size_t>(std::ranges::count(given.by_class, std::optional<std::string>()));
  if (named == 0) out.origin = FactOrigin::kFrameworkDefault;
  for (size_t i = 0; i < count; ++i) out.names.push_back(given.by_class[i].value_or(fmt::format("class{}", i)));
  return out;
}

}  // namespace modelport::ultralytics
