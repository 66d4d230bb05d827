#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/json.h"
#include "service/checkpoints/checkpoint_store.h"
#include "service/run/sandbox.h"

namespace modelport {

/// What `modelport inspect --json` says of checkpoints: a child with limits reads them, never the service itself. Safe
/// from any thread.
class CheckpointInspection {
 public:
  CheckpointInspection(std::string program, SandboxSupport sandbox, std::string work_directory,
                       std::vector<std::string> hidden);

  /// The document; Null for a directory or without a program. A refused checkpoint is {"error": the sentence}.
  Result<Json> inspect(const CheckpointInfo& checkpoint);

 private:
  Result<Json> ask(const CheckpointInfo& checkpoint);

  const std::string program_;
  const SandboxSupport sandbox_;
  const std::string work_directory_;
  const std::vector<std::string> hidden_;
  std::mutex mutex_;
  std::map<std::string, Json> known_;  ///< By id.
};

}  // namespace modelport
