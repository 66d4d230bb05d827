#include "cli/export_settings.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "base/nearest_name.h"
#include "convention/schema.h"

namespace modelport {

namespace {

/// `onnx.opset_version=17` in parts.
struct Setting {
  std::string format;  ///< Empty: every one that takes the key.
  std::string key;
  Json value;
};

Result<Setting> read_setting(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    return fail(ErrorCode::kInvalidArgument, "--set takes key=value, not {}", text);
  Setting setting;
  setting.key = text.substr(0, equals);
  const size_t dot = setting.key.find('.');
  const std::string_view prefix = std::string_view(setting.key).substr(0, std::min(dot, setting.key.size()));
  if (dot != std::string::npos && std::ranges::find(kConventionFormats, prefix) != std::end(kConventionFormats)) {
    setting.format = prefix;
    setting.key = setting.key.substr(dot + 1);
  }
  const std::string value = text.substr(equals + 1);
  auto parsed = parse_json(value, ErrorCode::kInvalidArgument);
  setting.value = parsed ? *std::move(parsed) : Json(value);
  return setting;
}

/// The keys that a format takes; nothing where the exporter does not tell.
std::optional<std::vector<std::string>> keys_of(const Exporter& exporter, const std::string& format) {
  const Json* row = exporter.format(format);
  if (row == nullptr || !row->contains("export_config")) return std::nullopt;
  const Json& schema = (*row)["export_config"];
  if (!schema.is_object() || !schema.contains("properties")) return std::nullopt;
  std::vector<std::string> keys;
  for (const auto& [key, ignored] : schema["properties"].items()) keys.push_back(key);
  return keys;
}

}  // namespace

Result<FormatConfigs> distribute_settings(const Exporter& exporter, std::span<const std::string> formats,
                                          std::span<const std::string> settings) {
  FormatConfigs configs;
  for (const std::string& format : formats) configs[format] = Json::object();
  for (const std::string& text : settings) {
    TRY(setting, read_setting(text));
    if (!setting.format.empty() && std::ranges::find(formats, setting.format) == formats.end())
      return fail(ErrorCode::kInvalidArgument, "--set {} addresses {}, which --to does not name", text, setting.format);
    std::vector<std::string> known;
    bool reached = false;
    for (const std::string& format : formats) {
      if (!setting.format.empty() && setting.format != format) continue;
      const auto keys = keys_of(exporter, format);
      if (keys && std::ranges::find(*keys, setting.key) == keys->end()) {
        known.insert(known.end(), keys->begin(), keys->end());
        continue;
      }
      configs[format][setting.key] = setting.value;
      reached = true;
    }
    if (reached) continue;
    Error error =
        fail(ErrorCode::kInvalidArgument, "--set {}: {} takes no {}", text,
             setting.format.empty() ? fmt::format("{}", fmt::join(formats, ", ")) : setting.format, setting.key);
    const std::string nearest = nearest_name(setting.key, known);
    if (!nearest.empty()) error.hint = fmt::format("did you mean {}?", nearest);
    return error;
  }
  return configs;
}

std::string shared_config(const FormatConfigs& configs, std::span<const std::string> formats) {
  const Json& first = configs.at(formats.front());
  const bool same =
      std::ranges::all_of(formats, [&](const std::string& format) { return configs.at(format) == first; });
  if (same) return first.empty() ? "" : first.dump();
  Json addressed = Json::object();
  for (const std::string& format : formats) {
    if (!configs.at(format).empty()) addressed[format] = configs.at(format);
  }
  return addressed.dump();
}

}  // namespace modelport
