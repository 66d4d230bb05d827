#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "service/checkpoints/checkpoint_source.h"
#include "service/jobs/clock.h"

namespace modelport {

/// A checkpoint that is at hand: a file, or a directory (Hugging Face's save_pretrained).
struct CheckpointInfo {
  /// sha256 of the file; of a directory the sha256 of its manifest: per regular file, sorted by name (bytewise), a line
  /// "<sha256 of the file>  <bytes>  <name with slashes>\n".
  std::string id;
  enum class Kind { kFile, kDirectory } kind = Kind::kFile;
  std::string name;   ///< As its last uploader named it, without folders; of an upload's answer, as this one did.
  int64_t bytes = 0;  ///< Of all files.
  /// Whether it may change while it is used: a path under the roots.
  enum class Place { kStored, kInPlace } place = Place::kStored;
  std::string path;  ///< On this machine; for the exporter and never for answers.
  Timestamp stored_at;
};

struct CheckpointLimits {
  int64_t upload_bytes = int64_t{8} << 30;     ///< Of the body.
  int64_t expanded_bytes = int64_t{16} << 30;  ///< Of an archive's files together.
  size_t members = 10000;
  /// Uploads that were begun so long ago and not finished are an earlier process's; 0: whenever, for a directory of one
  /// process.
  std::chrono::hours abandoned_after{0};
};

enum class UploadKind {
  kFile,       ///< One file, taken as it is (a .pt is a zip that stays one).
  kDirectory,  ///< A zip or tar of a directory, expanded under the limits.
};

/// An upload on its way; destroyed before finish(), nothing of it stays. Of one thread at a time.
class CheckpointUpload {
 public:
  virtual ~CheckpointUpload() = default;
  /// kUnwritable (disk full), kInvalidArgument (over the limit).
  virtual Status append(std::span<const std::byte> bytes) = 0;
  /// Durable when it returns. kBusy where as many archives are being expanded as may be. kHostile or kDamaged for an
  /// archive that breaks a rule: links, devices, absolute names,
  /// "..", names twice, sizes over the limits; all that ZipReader refuses.
  virtual Result<CheckpointInfo> finish() = 0;
};

/// Checkpoints that were uploaded, and paths under the configured roots. Safe from any thread.
class CheckpointStore {
 public:
  /// Uploads lie in `directory`, which is made; `roots` are directories whose content jobs may name. With a `source`
  /// they may name URLs too, whose content becomes an upload.
  static Result<std::unique_ptr<CheckpointStore>> open(std::string directory, std::vector<std::string> roots,
                                                       CheckpointLimits limits,
                                                       std::unique_ptr<CheckpointSource> source = nullptr);
  ~CheckpointStore();

  /// `name` is the user's file name; of it the last part is shown, as it was written but for what acts on terminals.
  /// On the disk it is made of [A-Za-z0-9._-]. The same content twice is one checkpoint, with the second one's name and
  /// stored when the second one was.
  Result<std::unique_ptr<CheckpointUpload>> begin_upload(std::string_view name, UploadKind kind, Timestamp now);

  /// An uploaded one by its id; kNotFound.
  Result<CheckpointInfo> find(std::string_view id);
  /// Whether jobs may name this path: it exists beneath a root and no link leads there. kInvalidArgument where it lies
  /// outside of every root (the hint names none of them), kNotFound.
  Status check_path(std::string_view path);
  /// The same, read whole for its digest, or copied here where it is a URL (both kept: by device, inode, size and times
  /// of the file, or by its stamp). A directory may hold regular files and directories only.
  Result<CheckpointInfo> resolve_path(std::string_view path);

  /// Of a missing one: nothing to do.
  Status remove(std::string_view id);
  /// Uploaded ones, oldest first.
  Result<std::vector<CheckpointInfo>> list();

 private:
  struct State;
  explicit CheckpointStore(std::unique_ptr<State> state);
  Result<CheckpointInfo> fetch(std::string_view url);
  std::unique_ptr<State> state_;
};

}  // namespace modelport
