#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/descriptor.h"

namespace modelport {

/// What a program keeps of root's powers where the service has them. What makes namespaces may need them.
enum class Capabilities { kDropped, kKept };

/// What a program gets that is not there yet.
struct ProgramSurroundings {
  int output = -1, error = -1;         ///< Its standard output and error; its input is empty.
  std::vector<std::string> entrances;  ///< Of control groups, which it is in before it begins.
  std::vector<std::string> groups;     ///< Their directories.
};

/// A program that is to run confined.
struct SupervisedProgram {
  const std::vector<std::string>& arguments;              ///< The first is the program's path.
  const std::map<std::string, std::string>& environment;  ///< All of it.
  std::string working_directory;
  uint64_t file_bytes = UINT64_MAX;  ///< RLIMIT_FSIZE
  uint64_t open_files = 1024;        ///< RLIMIT_NOFILE
  Capabilities capabilities = Capabilities::kDropped;
};

/// What a supervisor says.
struct SupervisorMessage {
  enum class Kind : int32_t {
    kStarted,      ///< `value` is the program's pid.
    kCannotStart,  ///< `value` is an errno.
    kExited,       ///< `value` is waitpid's status.
  } kind;
  int32_t value;
  int64_t resident_bytes;  ///< kExited: the most that one of its processes had.
};

/// A process of our own between this one and the program. It is the subreaper of all that the program starts, however
/// often that forks and detaches; when the program ends, when it is told to (by any byte), or when the other end of
/// `link` is closed (because this process died), it kills all of it; in the latter case it removes the control groups,
/// which nobody else does. `link` ends when nothing is left. Its memory and environment, copies of this process's,
/// cannot be read by the program.
struct Supervisor {
  pid_t pid = -1;
  Descriptor link;     ///< A SOCK_SEQPACKET socket.
  Descriptor program;  ///< By which it is told what to run; closed before that, it ends.
};

/// Its process-to-be enters its control groups at once and waits there: to enter takes the kernel tens of milliseconds
/// on a machine that is idle, as processes must have passed a point where none can be seen half moved.
Result<Supervisor> start_supervisor(const ProgramSurroundings& surroundings);

/// Has it run. The program gets a session of its own, no_new_privs, no core dumps, default signals and no descriptor
/// beyond the three. What it could not be started for comes as kCannotStart.
Status run_program(Supervisor& supervisor, const SupervisedProgram& program);

}  // namespace modelport
