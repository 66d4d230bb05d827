#include "export/class_names.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "io/mapped_file.h"

namespace modelport {

namespace {

constexpr std::string_view kOption = "export_config.class_names";
constexpr size_t kLargestFile = size_t{4} << 20;

template <class... Args>
Error wrong(fmt::format_string<Args...> format, Args&&... args) {
  return fail(ErrorCode::kInvalidArgument, "{}: {}", kOption, fmt::format(format, std::forward<Args>(args)...));
}

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<size_t> class_number(const std::string& key) {
  size_t number = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), number);
  return error == std::errc() && end == key.data() + key.size() ? std::optional(number) : std::nullopt;
}

Result<std::vector<std::string>> in_order(const Json& object) {
  std::vector<std::optional<std::string>> by_class(object.size());
  for (const auto& [key, name] : object.items()) {
    const std::optional<size_t> number = class_number(key);
    if (!number || *number >= by_class.size() || by_class[*number]) {
      return wrong("it has the key {}, numbers of classes from 0 to {} are expected", Json(key).dump(),
                   by_class.size() - 1);
    }
    by_class[*number] = text_of(name);
  }
  std::vector<std::string> names;
  for (std::optional<std::string>& name : by_class) names.push_back(*std::move(name));
  return names;
}

Result<Json> read_names_file(const std::string& path) {
  const auto file = MappedFile::open(path);
  if (!file) return wrong("{}", file.error().text());
  const auto bytes = (*file)->bytes();
  if (bytes.size() > kLargestFile) return wrong("{} is larger than {} bytes", path, kLargestFile);
  return class_names_in_text({reinterpret_cast<const char*>(bytes.data()), bytes.size()})
      .in(fmt::format("{}: {}", kOption, path));
}

}  // namespace

Result<std::vector<std::string>> class_names_option(const Json& value) {
  Json names = value;
  if (value.is_string()) {
    TRY(content, read_names_file(value.get<std::string>()));
    names = std::move(content);
  }
  if (names.empty()) return wrong("it names no class");
  if (names.is_object()) return in_order(names);
  std::vector<std::string> out;
  for (const Json& name : names) {
    if (name.is_structured() || name.is_null()) return wrong("{} is among the names, text is expected", name.dump());
    out.push_back(text_of(name));
  }
  return out;
}

}  // namespace modelport
