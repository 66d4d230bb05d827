#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "artifact/header.h"
#include "base/json.h"
#include "convention/judgement.h"

namespace modelport {

/// What is known of an export before its directory is looked at.
struct ExportExpectation {
  std::string format;            ///< As asked for with --export_format; one of the convention's.
  Json export_config = nullptr;  ///< As given with --export_config; null where it was not.
  /// When the exporter ran.
  struct Times {
    std::chrono::system_clock::time_point from, to;
  };
  std::optional<Times> times;
  std::vector<std::string> checkpoint_classes;  ///< As the checkpoint names them; empty where that is not known.
  std::string checkpoint_task;                  ///< In its framework's words ("detect"); empty where that is not known.
};

/// A finished output directory, read and judged.
struct CheckedExport {
  Json metadata;                         ///< Null where it could not be read.
  std::optional<ArtifactHeader> header;  ///< Nothing where it could not be read.
  /// One for every requirement of the groups files, metadata.json, metadata.json and the artifact, and levels of proof,
  /// in their order.
  std::vector<Finding> findings;

  /// The first failed MUST; null where the export is conformant.
  const Finding* failure() const;
};

/// Judges what lies in `directory` as one export: files, metadata.json, and both against each other. No link is
/// followed, nothing outside is opened, sizes are bounded. A requirement whose cause is another that failed is skipped,
/// and says so. What cannot be opened at all is judged as missing; the only error is kUnsupportedFormat.
Result<CheckedExport> check_export(const std::string& directory, const ExportExpectation& expected);

/// Judges metadata.json alone, before there is a directory that it could lie in: the requirements of the groups
/// metadata.json and levels of proof, in their order. The only error is kUnsupportedFormat.
Result<std::vector<Finding>> check_metadata(const Json& metadata, const ExportExpectation& expected);

/// The convention's task_type for a framework's own word, such as "detect" or "obb"; empty for one that is not known.
std::string_view task_type_of(std::string_view framework_task);

}  // namespace modelport
