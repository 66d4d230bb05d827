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

/// A program that is to run confined.
struct SupervisedProgram {
  const std::vector<std::string>& arguments;              ///< The first is the program's path.
  const std::map<std::string, std::string>& environment;  ///< All of it.
  std::string working_directory;
  int output = -1, error = -1;       ///< Its standard output and error; its input is empty.
  uint64_t file_bytes = UINT64_MAX;  ///< RLIMIT_FSIZE
  uint64_t open_files = 1024;        ///< RLIMIT_NOFILE
  Capabilities capabilities = Capabilities::kDropped;
  std::vector<std::string> entrances;  ///< Of control groups, which the program enters before it begins.
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
/// `link` is closed (because this process died), it kills all of it. `link` ends when nothing is left. Its memory and
/// environment, copies of this process's, cannot be read by the program.
struct Supervisor {
  pid_t pid = -1;
  Descriptor link;  ///< A SOCK_SEQPACKET socket.
};

/// The program gets a session of its own, no_new_privs, no core dumps, default signals and no descriptor beyond the
/// three. What it could not be started for comes as kCannotStart.
Result<Supervisor> start_supervisor(const SupervisedProgram& program);

}  // namespace modelport
