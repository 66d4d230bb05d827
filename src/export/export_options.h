#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "export/format_table.h"
#include "passes/pass.h"
#include "source/architecture.h"

namespace modelport {

/// How much of the written file is proven before it is published; each level includes those before it.
enum class Validation {
  kOff,        ///< Nothing. Proof "none".
  kStructure,  ///< The file is read back and is what was lowered, byte for byte. Proof "structure".
  kReference,  ///< What was read back is evaluated and compared. Proof "read_back".
  kRuntime,    ///< The format's own engine runs the file. Proof "runtime".
};
std::string_view validation_name(Validation validation);
std::string_view proof_name(Validation validation);

/// Which passes run of those that leave a graph as right as it was.
enum class Simplify { kRequiredOnly, kAll };

/// What becomes of a written file that was found wrong.
enum class RejectedFiles { kRemoved, kKept };

/// export_config, validated, with defaults filled in.
struct ExportOptions {
  BuildRequest build;
  FormatOptions format;
  Simplify simplify = Simplify::kAll;
  Precision precision;
  std::optional<Validation> validate;  ///< Absent: the strongest that this machine has.
  std::optional<double> tolerance;     ///< Absent: the documented one of the precision.
  RejectedFiles rejected_files = RejectedFiles::kRemoved;
};

/// Reads export_config ("" counts as {}) for each of `formats`, which are available. The options of an export are rows
/// in three places: the common ones in export_options.cpp, the format's (Format::options) and the trainer's
/// (Trainer::options). A key reaches every format that takes it; one named after a format holds an object with further
/// keys for that format alone. kInvalidArgument for text that is not a JSON object, a key that is unknown (the nearest
/// is named) or that no format takes, a wrong type or a value out of range. A null value counts as absent.
Result<std::vector<ExportOptions>> parse_export_config(std::string_view text, const Trainer& trainer,
                                                       std::span<const FormatRow* const> formats);

/// The options as they took effect.
ExportOptions in_effect(const ExportOptions& asked, const InputSizes& sizes, Validation validation, double tolerance);

/// The configuration that these options are, for metadata.json.
Json export_config_json(const ExportOptions& options, const Trainer& trainer, const FormatRow& format);

/// JSON Schema of export_config for one available format.
Json export_config_schema(const Trainer& trainer, const FormatRow& format);

}  // namespace modelport
