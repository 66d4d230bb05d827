#pragma once

#include <string>

#include "base/json.h"

namespace modelport {

/// What an exporter will use: the request's values, and the schema's defaults ("default" of a property) for what it
/// leaves out.
Json effective_config(const Json& requested, const Json& schema);

/// One text for equal documents, whatever the order of their keys.
std::string canonical_text(const Json& document);

/// Names an export: of equal keys, one's artifact serves the other.
std::string export_cache_key(const std::string& checkpoint_id, const std::string& export_format, const Json& effective,
                             const std::string& exporter_version, const std::string& trainer_fingerprint);

}  // namespace modelport
