#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "process/execution_slot.h"

namespace modelport {

/// Keeps one place ready for the next program, so that none waits for what a place takes to make.
class PrewarmedSlot {
 public:
  /// The groups' names begin with `prefix`. Nothing is ready before prewarm() or the first take().
  PrewarmedSlot(ControlGroups groups, std::string prefix);
  ~PrewarmedSlot();
  PrewarmedSlot(const PrewarmedSlot&) = delete;
  PrewarmedSlot& operator=(const PrewarmedSlot&) = delete;

  void prewarm();
  /// The one that is ready, else a new one. As ExecutionSlot::make.
  Result<ExecutionSlot> take();

 private:
  void keep_prewarmed();
  Result<ExecutionSlot> make();

  const ControlGroups groups_;
  const std::string prefix_;
  std::mutex mutex_;
  std::condition_variable wanted_;
  std::optional<ExecutionSlot> ready_;
  bool is_wanted_ = false;
  bool is_ending_ = false;
  std::thread prewarmer_;
};

}  // namespace modelport
