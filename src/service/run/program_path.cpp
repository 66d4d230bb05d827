#include "service/run/program_path.h"

#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "base/sha256.h"

namespace modelport {

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> places_for(const std::string& name) {
  std::vector<fs::path> places;
  if (const char* folder = std::getenv("MODELPORT_BIN"); folder != nullptr && *folder != '\0')
    places.push_back(fs::path(folder) / name);
  std::error_code failed;
  const fs::path self = fs::read_symlink("/proc/self/exe", failed);
  if (!failed) places.push_back(self.parent_path() / name);
  const char* path = std::getenv("PATH");
  const std::string folders = path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path;
  for (size_t begin = 0; begin < folders.size();) {
    const size_t end = std::min(folders.find(':', begin), folders.size());
    if (end > begin) places.push_back(fs::path(folders.substr(begin, end - begin)) / name);
    begin = end + 1;
  }
  return places;
}

bool is_executable(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
}

}  // namespace

Result<std::string> find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    if (is_executable(name)) return fs::absolute(name).string();
    return fail(ErrorCode::kNotFound, "{} is no program", name);
  }
  for (const fs::path& place : places_for(name)) {
    if (is_executable(place)) return fs::absolute(place).string();
  }
  return fail(ErrorCode::kNotFound, "the program {} is neither beside this one nor on PATH", name);
}

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
