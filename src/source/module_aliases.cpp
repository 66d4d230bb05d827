#include "source/module_aliases.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "io/mapped_file.h"
#include "modules/module_view.h"

namespace modelport {

namespace {

constexpr std::string_view kOption = "export_config.module_aliases";

template <class... Args>
Error wrong(fmt::format_string<Args...> format, Args&&... args) {
  return fail(ErrorCode::kInvalidArgument, "{}: {}", kOption, fmt::format(format, std::forward<Args>(args)...));
}

std::string canonical(std::string_view dotted, CheckpointFamilies families) {
  const size_t dot = dotted.rfind('.');
  if (dot == std::string_view::npos) return std::string(dotted);
  return canonical_class_name({std::string(dotted.substr(0, dot)), std::string(dotted.substr(dot + 1)), families});
}

Result<Json> read_file(const std::string& path) {
  const auto file = MappedFile::open(path);
  if (!file) return wrong("{}", file.error().text());
  const auto bytes = (*file)->bytes();
  return parse_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, ErrorCode::kInvalidArgument)
      .in(fmt::format("{}: {}", kOption, path));
}

Result<std::vector<std::string>> read_chain(const std::string& source, const Json& list) {
  std::vector<std::string> children;
  for (const Json& item : list) {
    if (!item.is_string() || item.get<std::string>().empty())
      return wrong("{} has {} among its children, names are expected", source, item.dump());
    children.push_back(item.get<std::string>());
  }
  if (children.empty()) return wrong("{} has no children", source);
  return children;
}

/// Names that stand for names, followed to their end; a class that stands for a chain is one.
Status follow(ModuleAliases& aliases) {
  const ClassAliases given = aliases.classes;
  for (auto& [source, target] : aliases.classes) {
    std::vector<std::string> way{source, target};
    for (auto next = given.find(target); next != given.end(); next = given.find(target)) {
      way.push_back(next->second);
      if (std::ranges::count(way, next->second) > 1) return wrong("{} is a cycle", fmt::join(way, " -> "));
      target = next->second;
    }
  }
  for (auto at = aliases.classes.begin(); at != aliases.classes.end();) {
    const auto chain = aliases.chains.find(at->second);
    if (chain != aliases.chains.end()) aliases.chains.emplace(at->first, chain->second);
    at = chain != aliases.chains.end() ? aliases.classes.erase(at) : std::next(at);
  }
  return {};
}

}  // namespace

Result<ModuleAliases> read_module_aliases(const Json& value, CheckpointFamilies families) {
  Json object = value;
  if (value.is_string()) {
    TRY(content, read_file(value.get<std::string>()));
    object = std::move(content);
  }
  if (!object.is_object()) return wrong("an object is expected, not {}", object.dump());
  ModuleAliases aliases;
  for (const auto& [name, target] : object.items()) {
    const std::string source = canonical(name, families);
    if (source.empty()) return wrong("\"\" is no class name");
    if (aliases.classes.contains(source) || aliases.chains.contains(source)) return wrong("{} is there twice", source);
    if (target.is_array()) {
      TRY(children, read_chain(source, target));
      aliases.chains.emplace(source, std::move(children));
    } else if (target.is_string() && !target.get<std::string>().empty()) {
      aliases.classes.emplace(source, canonical(target.get<std::string>(), families));
    } else {
      return wrong("{} stands for {}, a class name or a list of children is expected", source, target.dump());
    }
  }
  CHECK_OK(follow(aliases));
  return aliases;
}

Json module_aliases_json(const ModuleAliases& aliases) {
  Json object = Json::object();
  for (const auto& [source, target] : aliases.classes) object[source] = target;
  for (const auto& [source, children] : aliases.chains) object[source] = children;
  return object;
}

}  // namespace modelport
