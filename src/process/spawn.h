#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "io/descriptor.h"

namespace modelport {

/// Two descriptors that no other child inherits: what is written to one is read from the other.
struct DescriptorPair {
  Descriptor read, write;
};
Result<DescriptorPair> make_pipe();

/// A program to start and what it inherits.
struct SpawnRequest {
  const std::vector<std::string>& arguments;  ///< The first is the program, looked up on PATH when it has no slash.
  const std::map<std::string, std::string>& environment;  ///< Added to (or replacing in) this process's own.
  std::string working_directory;                          ///< Empty: this process's.
  int input = -1;                                         ///< What become its standard streams.
  int output = -1;
  int error = -1;
  std::optional<uint64_t> max_memory_bytes;  ///< Address space (RLIMIT_AS).
  std::optional<uint64_t> max_file_bytes;    ///< Of any file that it writes (RLIMIT_FSIZE).
};

/// Starts a child as the leader of a process group of its own, with no signal blocked. kNotFound or kUnreadable when
/// the program cannot be started.
Result<pid_t> spawn(const SpawnRequest& request);

}  // namespace modelport
