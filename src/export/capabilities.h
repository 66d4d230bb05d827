#pragma once

#include "base/json.h"
#include "export/format_table.h"
#include "source/architecture.h"

namespace modelport {

/// What this trainer's exporter prints for --capabilities (convention/capabilities.schema.json): all six formats of the
/// convention, each supported or not with the reason, the schema of its export_config and the strongest proof that this
/// machine can give.
Json capabilities(const Trainer& trainer);

/// The row of a supported format, or the sentence that says why it is not one and which are: "Unsupported format: ...".
Result<const FormatRow*> require_supported_format(std::string_view format);

}  // namespace modelport
