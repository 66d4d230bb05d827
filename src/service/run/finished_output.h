#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/json.h"
#include "service/jobs/job.h"

namespace modelport {

/// One file that an exporter left, opened without following anything.
struct OutputFileEntry {
  std::string name;  ///< From the output directory, with slashes.
  int64_t bytes = 0;
};

/// An output directory that holds what the convention asks for.
struct FinishedOutput {
  std::string directory;
  std::vector<OutputFileEntry> files;  ///< In bytewise order; metadata.json among them.
  Json metadata;
};

/// What was asked for.
struct OutputExpectation {
  std::vector<std::string> frameworks;  ///< Of the trainer; metadata.json names one of them.
  std::string export_format;
  Json export_config;
};

/// Reads and judges what an exporter left: files and directories only, under names that mean the same everywhere
/// (portable_name.h) and are not the service's own, and all that the convention demands (MUST) of the files, of
/// metadata.json, and of metadata.json against the artifact's own header.
std::variant<FinishedOutput, JobError> read_output(const std::string& directory, const OutputExpectation& expected);

}  // namespace modelport
