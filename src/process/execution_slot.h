#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "io/descriptor.h"
#include "process/control_groups.h"
#include "process/supervisor.h"

namespace modelport {

/// Where one program will run: a control group, where there are any, and a supervisor whose process-to-be waits in it.
/// Nothing of it is left once this object is gone.
struct ExecutionSlot {
  /// `name` is the group's. kUnavailable when the kernel makes no group, kInternal when it starts no process.
  static Result<ExecutionSlot> make(const ControlGroups& groups, const std::string& name);
  ExecutionSlot(ExecutionSlot&& other) noexcept;
  ExecutionSlot& operator=(ExecutionSlot&&) = delete;
  ~ExecutionSlot() { end(); }

  /// Whether it still waits for its program: neither ended by somebody nor refused entry to its group.
  bool is_waiting() const;
  /// Closes what the supervisor hears by and waits until it is gone.
  void end();

  std::optional<RunGroup> group;
  Supervisor supervisor;
  Descriptor output, error;  ///< What the program writes; they do not block.

 private:
  ExecutionSlot() = default;
};

}  // namespace modelport
