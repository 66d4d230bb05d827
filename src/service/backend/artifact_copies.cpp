#include "service/backend/artifact_copies.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "io/output_file.h"

namespace modelport {

namespace {

constexpr size_t kFetchedAtOnce = size_t{1} << 20;

}  // namespace

Status ArtifactCopies::put_at(const std::string& path, const StoredArtifact& artifact) {
  if (take(path, artifact)) return {};
  CHECK_OK(fetch(path, artifact));
  keep(path, artifact);
  return {};
}

/// Hard links: whoever was given a copy keeps it when it is no longer kept here.
bool ArtifactCopies::take(const std::string& path, const StoredArtifact& artifact) {
  const std::lock_guard lock(mutex_);
  const auto found = copies_.find(artifact.sha256);
  if (found == copies_.end()) return false;
  if (::link(path_of(artifact.sha256).c_str(), path.c_str()) == 0) {
    found->second.used = ++uses_;
    return true;
  }
  bytes_ -= found->second.bytes;
  copies_.erase(found);
  return false;
}

Status ArtifactCopies::fetch(const std::string& path, const StoredArtifact& artifact) {
  TRY(object, store_.stat(artifact.key));
  TRY(reader, store_.open(artifact.key, 0, object.bytes));
  TRY(file, OutputFile::create(path));
  std::vector<std::byte> buffer(kFetchedAtOnce);
  while (true) {
    TRY(count, reader->read(buffer));
    if (count == 0) break;
    CHECK_OK(file.append(std::span(buffer).first(count)));
  }
  CHECK_OK(file.finish());
  if (file.sha256() == artifact.sha256) return {};
  return fail(ErrorCode::kDamaged, "the artifact {} is not what was stored", artifact.key);
}

void ArtifactCopies::keep(const std::string& path, const StoredArtifact& artifact) {
  if (artifact.bytes > most_bytes_) return;
  const std::lock_guard lock(mutex_);
  if (copies_.contains(artifact.sha256)) return;
  make_room(artifact.bytes);
  (void)::mkdir(directory_.c_str(), 0700);
  if (::link(path.c_str(), path_of(artifact.sha256).c_str()) != 0) return;
  copies_[artifact.sha256] = {artifact.bytes, ++uses_};
  bytes_ += artifact.bytes;
}

void ArtifactCopies::make_room(int64_t bytes) {
  while (!copies_.empty() && bytes_ + bytes > most_bytes_) {
    const auto oldest = std::ranges::min_element(copies_, {}, [](const auto& each) { return each.second.used; });
    (void)::unlink(path_of(oldest->first).c_str());
    bytes_ -= oldest->second.bytes;
    copies_.erase(oldest);
  }
}

}  // namespace modelport
