#pragma once

#include <string>
#include <vector>

#include "export/export_options.h"
#include "export/proof.h"

namespace modelport {

/// A file of the export, as `extra_metadata.files` lists it.
struct FileRecord {
  std::string name;
  int64_t size = 0;
  std::string sha256;
};

/// What an export was made from. Several files: of a directory.
struct CheckpointRecord {
  FileRecord whole;               ///< One file; of several the directory's name, their size together, and the SHA-256
                                  ///< of one "digest  name" line per file, as sha256sum prints them.
  std::vector<FileRecord> files;  ///< Of a directory; empty for one file.
};

struct MetadataRequest {
  const Trainer& trainer;
  const FormatRow& format;
  const SourceModel& model;
  const ExportOptions& options;
  const Proof& proof;
  double tolerance;
  CheckpointRecord checkpoint;
  std::vector<FileRecord> files;
};

/// metadata.json, held to the requirements that convention/convention.md has for it, MUST and SHOULD (kInternal names
/// the first that it would violate). `created_at` is now in UTC, or SOURCE_DATE_EPOCH where that is set.
Result<Json> make_metadata(const MetadataRequest& request);

}  // namespace modelport
