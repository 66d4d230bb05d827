#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "process/run_place.h"

namespace modelport {

/// Keeps one place ready for the next program, so that none waits for what a place takes to make.
class ReadyPlace {
 public:
  /// The groups' names begin with `prefix`. Nothing is ready before make_ready() or the first take().
  ReadyPlace(ControlGroups groups, std::string prefix);
  ~ReadyPlace();
  ReadyPlace(const ReadyPlace&) = delete;
  ReadyPlace& operator=(const ReadyPlace&) = delete;

  void make_ready();
  /// The one that is ready, else a new one. As RunPlace::make.
  Result<RunPlace> take();

 private:
  void keep_ready();
  Result<RunPlace> make();

  const ControlGroups groups_;
  const std::string prefix_;
  std::mutex mutex_;
  std::condition_variable wanted_;
  std::optional<RunPlace> ready_;
  bool is_wanted_ = false;
  bool is_ending_ = false;
  std::thread keeper_;
};

}  // namespace modelport
