#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "service/jobs/clock.h"

namespace modelport {

struct ObjectInfo {
  std::string key;
  int64_t bytes = 0;
  Timestamp stored_at;
};

/// Bytes of an object, read forwards.
class ObjectReader {
 public:
  virtual ~ObjectReader() = default;
  /// Fills at most `buffer`; 0 at the end.
  virtual Result<size_t> read(std::span<std::byte> buffer) = 0;
};

/// A file to store.
struct NewObject {
  std::string key;                              ///< Parts of [A-Za-z0-9._-] between slashes.
  std::string file;                             ///< On this machine; the store may move it, and it is gone afterwards.
  std::string sha256;                           ///< Of the file.
  std::map<std::string, std::string> metadata;  ///< framework, model, format, sha256: kept where the store can.
  /// metadata.json. A store that other clients read keeps it beside the object, as "<key without .zip>.metadata.json",
  /// and removes it with it. Empty: none.
  std::string metadata_json;
};

/// Where results lie. A key is written once and never changes. Safe from any thread. Errors: kNotFound, kConflict (the
/// key is taken), kUnwritable (full, no access), kUnavailable (the store does not answer).
class ArtifactStore {
 public:
  virtual ~ArtifactStore() = default;

  /// Durable when it returns.
  virtual Status put(const NewObject& object) = 0;
  virtual Result<ObjectInfo> stat(std::string_view key) = 0;
  /// `length` bytes from `offset` (both within the object).
  virtual Result<std::unique_ptr<ObjectReader>> open(std::string_view key, int64_t offset, int64_t length) = 0;
  /// Of a missing key: nothing to do.
  virtual Status remove(std::string_view key) = 0;
  /// Objects whose key begins with `prefix` and is above `after`, in the order of keys.
  virtual Result<std::vector<ObjectInfo>> list(std::string_view prefix, std::string_view after, size_t limit) = 0;

  /// A link that a client may fetch by itself for this long; nothing where the store has none.
  virtual std::optional<std::string> presigned_url(std::string_view key, const std::string& file_name,
                                                   std::chrono::seconds valid) = 0;
  /// The object as a file of this machine, for sendfile; nothing where it is none.
  virtual std::optional<std::string> local_path(std::string_view key) = 0;
  /// Whether it answers and can be written.
  virtual Status check() = 0;
};

/// Files under `directory`, which is made.
Result<std::unique_ptr<ArtifactStore>> open_local_artifact_store(std::string directory);

}  // namespace modelport
