#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace modelport {

struct CheckpointInfo;
class CheckpointStore;

/// Checkpoints elsewhere that jobs may name by URL ("s3://bucket/key"). Safe from any thread; errors are those of
/// CheckpointStore::check_path(), and kUnavailable while the other side does not answer.
class CheckpointSource {
 public:
  virtual ~CheckpointSource() = default;

  /// Whether jobs may name this URL, and it is there. Gives what tells its present content from any other.
  virtual Result<std::string> stamp(std::string_view url) = 0;
  /// Copies the content that had this stamp into the upload; kBusy where it has changed since.
  virtual Result<CheckpointInfo> fetch(std::string_view url, const std::string& stamp, CheckpointStore& into) = 0;
};

/// "s3://..." and the like, in place of a path of this machine.
bool is_checkpoint_url(std::string_view path);

}  // namespace modelport
