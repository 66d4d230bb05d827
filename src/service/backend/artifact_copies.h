#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "service/artifacts/artifact_store.h"
#include "service/jobs/job.h"

namespace modelport {

/// Artifacts of a store elsewhere, kept on this machine for a while, so that one that is looked at again and again is
/// fetched once. Safe from any thread.
class ArtifactCopies {
 public:
  /// Copies lie in `directory`, which is made when it is needed and is empty then; together they have at most
  /// `most_bytes`, and those that were used last stay.
  ArtifactCopies(ArtifactStore& store, std::string directory, int64_t most_bytes)
      : store_(store), directory_(std::move(directory)), most_bytes_(most_bytes) {}

  /// The artifact as the new file `path`, which is on the same file system and is not written to. kDamaged where the
  /// store gives something else than was stored there.
  Status put_at(const std::string& path, const StoredArtifact& artifact);

 private:
  struct Copy {
    int64_t bytes = 0;
    uint64_t used = 0;
  };
  std::string path_of(const std::string& sha256) const { return directory_ + "/" + sha256; }
  bool take(const std::string& path, const StoredArtifact& artifact);
  Status fetch(const std::string& path, const StoredArtifact& artifact);
  void keep(const std::string& path, const StoredArtifact& artifact);
  void make_room(int64_t bytes);

  ArtifactStore& store_;
  const std::string directory_;
  const int64_t most_bytes_;
  std::mutex mutex_;                    ///< Of what follows; never held while something is fetched.
  std::map<std::string, Copy> copies_;  ///< By sha256.
  int64_t bytes_ = 0;
  uint64_t uses_ = 0;
};

}  // namespace modelport
