#pragma once

#include <span>
#include <string>

#include "base/json.h"

namespace modelport {

/// What became of one format.
struct ExportRow {
  std::string format;
  std::string directory;
  double seconds = 0.0;
  Json metadata;        ///< Null where nothing was published.
  std::string failure;  ///< Why not.
};

/// The table that ends `modelport export`: format, file, bytes, time, proof, worst difference. That is the figure of
/// the file against the checkpoint that came closest to its limit, or of any check where the proof tells none.
std::string export_table(std::span<const ExportRow> rows);

}  // namespace modelport
