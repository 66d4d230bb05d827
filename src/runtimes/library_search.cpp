#include "runtimes/library_search.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace modelport {

namespace {

namespace fs = std::filesystem;

/// The library in a directory: the longest name with the prefix, which is the versioned file rather than a link to it.
std::string library_in(const fs::path& directory, const std::string& prefix) {
  std::error_code ignored;
  std::string best;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(prefix) && entry.is_regular_file(ignored) &&
        name.size() > fs::path(best).filename().string().size()) {
      best = entry.path().string();
    }
  }
  return best;
}

/// The packages' directories of a virtual environment, whatever its Python's version.
std::vector<fs::path> package_directories(const fs::path& environment, const LibrarySearch& search) {
  std::vector<fs::path> found;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(environment / "lib", ignored)) {
    if (!entry.path().filename().string().starts_with("python3")) continue;
    for (const std::string& package : search.package_directories)
      found.push_back(entry.path() / "site-packages" / package);
  }
  std::sort(found.begin(), found.end());
  return found;
}

fs::path executable_directory() {
  std::error_code failed;
  return fs::read_symlink("/proc/self/exe", failed).parent_path();
}

}  // namespace

std::vector<fs::path> virtual_environments() {
  std::vector<fs::path> environments;
  if (const char* active = std::getenv("VIRTUAL_ENV"); active != nullptr && *active != '\0')
    environments.emplace_back(active);
  environments.push_back(executable_directory().parent_path() / "venv");
  return environments;
}

std::vector<LibraryCandidate> library_candidates(const LibrarySearch& search) {
  std::vector<LibraryCandidate> candidates;
  const auto look = [&](const fs::path& directory) {
    candidates.push_back({directory.string(), library_in(directory, search.file_prefix)});
  };
  if (const char* named = std::getenv(search.environment_variable.c_str()); named != nullptr && *named != '\0') {
    std::error_code ignored;
    if (fs::is_regular_file(named, ignored)) {
      candidates.push_back({named, named});
    } else {
      look(named);
    }
    return candidates;
  }
  const fs::path beside = executable_directory();
  look(beside / "lib");
  look(beside.parent_path() / "lib");
  for (const fs::path& environment : virtual_environments()) {
    const std::vector<fs::path> packages = package_directories(environment, search);
    if (packages.empty()) candidates.push_back({environment.string(), ""});
    for (const fs::path& package : packages) look(package);
  }
  candidates.push_back({"the system's library path", search.file_prefix});
  return candidates;
}

}  // namespace modelport
