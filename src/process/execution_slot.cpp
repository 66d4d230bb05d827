#include "process/execution_slot.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>

#include <cerrno>
#include <utility>

#include "process/spawn.h"

namespace modelport {

Result<ExecutionSlot> ExecutionSlot::make(const ControlGroups& groups, const std::string& name) {
  ExecutionSlot place;
  ProgramSurroundings surroundings;
  if (groups.version != ControlGroups::Version::kNone) {
    TRY(group, RunGroup::make(groups, name));
    surroundings.entrances = group.entrances();
    surroundings.groups = group.directories();
    place.group.emplace(std::move(group));
  }
  TRY(output, make_pipe());
  TRY(error, make_pipe());
  surroundings.output = output.write.get();
  surroundings.error = error.write.get();
  TRY(supervisor, start_supervisor(surroundings));
  place.supervisor = std::move(supervisor);
  ::fcntl(output.read.get(), F_SETFL, O_NONBLOCK);
  ::fcntl(error.read.get(), F_SETFL, O_NONBLOCK);
  place.output = std::move(output.read);
  place.error = std::move(error.read);
  return place;
}

ExecutionSlot::ExecutionSlot(ExecutionSlot&& other) noexcept
    : group(std::move(other.group)),
      supervisor{std::exchange(other.supervisor.pid, -1), std::move(other.supervisor.link),
                 std::move(other.supervisor.program)},
      output(std::move(other.output)),
      error(std::move(other.error)) {
  other.group.reset();
}

bool ExecutionSlot::is_waiting() const {
  pollfd link{supervisor.link.get(), POLLIN, 0};
  return ::poll(&link, 1, 0) == 0;
}

void ExecutionSlot::end() {
  supervisor.program.reset();
  supervisor.link.reset();
  const pid_t pid = std::exchange(supervisor.pid, -1);
  while (pid > 0 && ::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace modelport
