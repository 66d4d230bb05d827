#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "export/export_options.h"
#include "export/format_table.h"

namespace modelport {

/// An artifact loaded in its engine, and how the model that it may come from was asked for.
struct ArtifactFacts {
  std::string path;  ///< Of the first file.
  const FormatRow* row = nullptr;
  Engine* engine = nullptr;
  std::unique_ptr<EngineSession> session;
  Json metadata;  ///< Null where no metadata.json lies beside it.
  /// One where metadata.json tells it; else one for each head that exporters write, the usual one first.
  std::vector<ExportOptions> candidates;
};

/// Opens a file of a format that an engine here runs, or the folder of an export. kNotFound, kInvalidArgument,
/// kUnavailable with the command that brings the engine, or what the engine says of the file.
Result<ArtifactFacts> open_artifact_facts(const Trainer& trainer, const std::string& artifact);

}  // namespace modelport
