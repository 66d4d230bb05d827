#include "service/run/program_fingerprint.h"

#include <fmt/ranges.h>
#include <sys/stat.h>

#include <span>

#include "base/sha256.h"
#include "process/program_path.h"

namespace modelport {

std::string program_fingerprint(const std::vector<std::string>& command) {
  const auto program = find_program(command.front());
  if (!program) return "";
  std::string text = fmt::format("{}\n", fmt::join(command, "\n"));
  std::vector<std::string> files = command;
  files[0] = *program;
  for (const std::string& file : files) {
    struct stat info {};
    if (file.find('/') == std::string::npos || ::stat(file.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
    text += fmt::format("{} {} {}.{}\n", file, info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
  }
  return sha256_hex(std::as_bytes(std::span(text)));
}

}  // namespace modelport
