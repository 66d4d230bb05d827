#include "export/class_names.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/printable.h"
#include "io/mapped_file.h"

namespace modelport {

namespace {

constexpr std::string_view kOption = "export_config.class_names";
constexpr size_t kLargestFile = size_t{4} << 20;

constexpr std::string_view kWhatItTakes =
    "give a list of names, an object from class number to name, or the path of a file of either";
constexpr std::string_view kSaveAsUtf8 = "save the file as UTF-8";

template <class... Args>
Error wrong(fmt::format_string<Args...> format, Args&&... args) {
  Error error = fail(ErrorCode::kInvalidArgument, "{}: {}", kOption, fmt::format(format, std::forward<Args>(args)...));
  error.hint = kWhatItTakes;
  return error;
}

Result<std::string> read_name(const Json& value) {
  if (value.is_structured() || value.is_null())
    return wrong("{} is among the names, text is expected", value.dump(-1, ' ', false, Json::error_handler_t::replace));
  const std::string name = value.is_string() ? value.get<std::string>() : value.dump();
  if (name.find_first_not_of(' ') == std::string::npos) {
    Error error = wrong("a name is empty");
    error.hint = "give every class a name";
    return error;
  }
  if (printable(name) != name) {
    Error error = wrong("the name {} holds a control character", Json(name).dump());
    error.hint = "give names of one line";
    return error;
  }
  return name;
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
    TRY(text, read_name(name));
    by_class[*number] = std::move(text);
  }
  std::vector<std::string> names;
  for (std::optional<std::string>& name : by_class) names.push_back(*std::move(name));
  return names;
}

Status require_utf8(const std::string& path, std::string_view text) {
  if (is_utf8(text)) return {};
  size_t line = 1;
  for (; !text.empty(); ++line) {
    const size_t end = std::min(text.find('\n'), text.size());
    if (!is_utf8(text.substr(0, end))) break;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  Error error = wrong("{}: line {} is not UTF-8", path, line);
  error.hint = kSaveAsUtf8;
  return error;
}

Result<Json> read_names_file(const std::string& path) {
  if (path.empty()) return wrong("it is empty");
  const auto file = MappedFile::open(path);
  if (!file) return wrong("{}", file.error().text());
  const auto bytes = (*file)->bytes();
  if (bytes.size() > kLargestFile) return wrong("{} is larger than {} bytes", path, kLargestFile);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) {
    Error error = wrong("{} is UTF-16", path);
    error.hint = kSaveAsUtf8;
    return error;
  }
  CHECK_OK(require_utf8(path, text));
  auto names = class_names_in_text(text);
  if (names) return names;
  return wrong("{}: {}", path, names.error().text());
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
    TRY(text, read_name(name));
    out.push_back(std::move(text));
  }
  return out;
}

}  // namespace modelport
