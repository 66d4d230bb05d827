#include "process/program_path.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace modelport {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kUsualPath = "/usr/local/bin:/usr/bin:/bin";

/// Places to look at before PATH.
std::vector<fs::path> own_places(std::string_view name) {
  std::vector<fs::path> places;
  if (const char* folder = std::getenv("MODELPORT_BIN"); folder != nullptr && *folder != '\0')
    places.push_back(fs::path(folder) / name);
  std::error_code failed;
  const fs::path self = fs::read_symlink("/proc/self/exe", failed);
  if (!failed) places.push_back(self.parent_path() / name);
  return places;
}

std::vector<fs::path> places_on_path(std::string_view name) {
  std::vector<fs::path> places;
  const char* path = std::getenv("PATH");
  const std::string folders(path == nullptr ? kUsualPath : path);
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

ProgramSearch search_program(std::string_view name) {
  ProgramSearch search;
  if (name.find('/') != std::string_view::npos) {
    if (is_executable(name)) return {fs::absolute(name).string(), {}};
    search.looked_at.emplace_back(name);
    return search;
  }
  for (const fs::path& place : own_places(name)) {
    if (is_executable(place)) return {fs::absolute(place).string(), std::move(search.looked_at)};
    search.looked_at.push_back(place.string());
  }
  for (const fs::path& place : places_on_path(name)) {
    if (is_executable(place)) return {fs::absolute(place).string(), std::move(search.looked_at)};
  }
  search.looked_at.emplace_back("PATH");
  return search;
}

Result<std::string> find_program(std::string_view name) {
  ProgramSearch search = search_program(name);
  if (!search.path.empty()) return std::move(search.path);
  if (name.find('/') != std::string_view::npos) return fail(ErrorCode::kNotFound, "{} is no program", name);
  return fail(ErrorCode::kNotFound, "the program {} is neither beside this one nor on PATH", name);
}

}  // namespace modelport
