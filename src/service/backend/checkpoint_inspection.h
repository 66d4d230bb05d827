#pragma once

#include <map>
#include <mutex>
#include <string>

#include "base/json.h"
#include "base/places.h"
#include "service/checkpoints/checkpoint_store.h"
#include "service/run/own_command.h"

namespace modelport {

/// What `modelport inspect --json` says of checkpoints: a child with limits reads them, never the service itself. Safe
/// from any thread.
class CheckpointInspection {
 public:
  explicit CheckpointInspection(OwnProgram program) : program_(std::move(program)) {}

  /// The document; Null for a directory or without a program. A refused checkpoint is {"error": the sentence}. kBusy
  /// where as many are being looked at as may be.
  Result<Json> inspect(const CheckpointInfo& checkpoint);

 private:
  Result<Json> ask(const CheckpointInfo& checkpoint);

  static constexpr int kAtOnce = 3;
  const OwnProgram program_;
  Places places_{kAtOnce};
  std::mutex mutex_;
  std::map<std::string, Json> known_;  ///< By id.
};

}  // namespace modelport
