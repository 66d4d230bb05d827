#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "process/spawn.h"

namespace modelport {

/// A child to talk with: its standard input is a socket on which it hears and answers; what it prints on standard
/// output and error cannot get between and is kept to tell why it ended. When this process is gone, the child reads the
/// end of its input. Errors are kUnavailable and say how the child ended, or that it was silent for too long (it is
/// killed then), with the last that it printed; every later call says the same.
class ConnectedChild {
 public:
  using Clock = std::chrono::steady_clock;

  /// The first of `arguments` is the program. kNotFound or kUnreadable when it cannot be started.
  static Result<std::unique_ptr<ConnectedChild>> start(const std::vector<std::string>& arguments);
  /// Kills what is left of the child's process group.
  ~ConnectedChild();
  ConnectedChild(const ConnectedChild&) = delete;
  ConnectedChild& operator=(const ConnectedChild&) = delete;

  Status send(std::span<const std::byte> bytes, Clock::time_point deadline);
  /// Fills `bytes`.
  Status receive(std::span<std::byte> bytes, Clock::time_point deadline);
  /// Ends it, for this reason.
  Error end(std::string_view reason);
  bool has_ended() const { return pid_ < 0; }

 private:
  enum class Direction { kIn, kOut };

  ConnectedChild(pid_t pid, Descriptor link, Descriptor printed)
      : pid_(pid), link_(std::move(link)), printed_(std::move(printed)) {}
  Status wait_for(Direction direction, Clock::time_point deadline);
  void read_printed();
  Error ended_by_itself();
  void reap(std::string& how);

  pid_t pid_;
  Descriptor link_, printed_;
  std::string last_printed_;
  std::string ending_;  ///< Why it is gone.
};

}  // namespace modelport
