#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace modelport {

/// What goes into a result's zip.
struct PackageRequest {
  std::string directory;           ///< Of the exporter's output.
  std::vector<std::string> files;  ///< In there, in bytewise order: the artifact, its companions, metadata.json.
  Json metadata;
  Json proof;            ///< What the service found (proof.json).
  std::string zip_path;  ///< A new file.
};
struct Package {
  std::string sha256;
  int64_t bytes = 0;
};

/// Writes README.md, proof.json, snippets/, the exporter's files as they are, and last the manifest with size and
/// sha256 of every other member. All members are stored, with sizes and CRC before them; the same input gives the same
/// bytes. The zip is on the disk when it returns. A file of the exporter's that has one of our names keeps it; a
/// snippet of ours is left out then, README and manifest have another (readme_name(), manifest_name()). None has the
/// name kProofFile.
Result<Package> write_package(const PackageRequest& request);

}  // namespace modelport
