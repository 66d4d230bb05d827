#include "service/run/effective_config.h"

#include "base/sha256.h"

namespace modelport {

Json effective_config(const Json& requested, const Json& schema) {
  Json effective = requested.is_object() ? requested : Json::object();
  if (!schema.is_object() || !schema.contains("properties") || !schema["properties"].is_object()) return effective;
  for (const auto& [name, property] : schema["properties"].items()) {
    if (!effective.contains(name) && property.is_object() && property.contains("default"))
      effective[name] = property["default"];
  }
  return effective;
}

std::string canonical_text(const Json& document) {
  // nlohmann's unordered type keeps its keys sorted.
  const nlohmann::json sorted = document;
  return sorted.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string export_cache_key(const std::string& checkpoint_id, const std::string& export_format, const Json& effective,
                             const std::string& exporter_version, const std::string& trainer_fingerprint) {
  const std::string text = canonical_text(
      Json{checkpoint_id, export_format, canonical_text(effective), exporter_version, trainer_fingerprint});
  return sha256_hex(std::as_bytes(std::span(text)));
}

}  // namespace modelport
