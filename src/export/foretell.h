#pragma once

#include "export/export_options.h"
#include "source/architecture.h"

namespace modelport {

/// A checkpoint as an export would take it, up to where numbers begin.
struct Foretold {
  std::optional<SourceModel> model;  ///< Absent where not even a model can be made of the checkpoint.
  Status outcome;                    ///< The error that an export would end with, unless numbers differ.
};

/// What an export of this checkpoint to `format` would come to before anything is evaluated: an architecture found,
/// everything read or accounted for, the graph built and verified, simplified and lowered. Nothing is written.
Foretold foretell_export(const Trainer& trainer, const std::string& checkpoint_path, const Format& format,
                         const ExportOptions& options);

}  // namespace modelport
