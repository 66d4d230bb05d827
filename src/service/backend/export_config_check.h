#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"

namespace modelport {

/// What of an export_config its exporter's schema forbids.
struct ConfigViolation {
  std::string path;                       ///< "export_config.imgsz[1]"
  std::string message;                    ///< A sentence that names it.
  std::vector<std::string> valid_values;  ///< Keys or values in its place, where the schema lists them.
};

/// The first violation; nothing where there is none or `schema` is none. Understood are type, enum, const, minimum,
/// maximum, exclusiveMinimum, exclusiveMaximum, minLength, maxLength, minItems, maxItems, items, properties, required,
/// additionalProperties, allOf, anyOf and oneOf (as anyOf); whatever else a stranger's schema says is left to the
/// exporter, since references and patterns can be made to take for ever.
std::optional<ConfigViolation> check_export_config(const Json& config, const Json& schema);

}  // namespace modelport
