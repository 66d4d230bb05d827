#include "service/run/program_fingerprint.h"

#include <fmt/ranges.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "base/sha256.h"
#include "process/program_path.h"

namespace modelport {

namespace {

namespace fs = std::filesystem;

constexpr size_t kMostFiles = 20000;
constexpr uintmax_t kSmallFile = uintmax_t{1} << 20, kMostRead = uintmax_t{16} << 20;
constexpr std::array<std::string_view, 13> kLaunchers = {"docker", "podman", "nerdctl",   "kubectl", "singularity",
                                                         "ssh",    "srun",   "apptainer", "enroot",  "conda",
                                                         "mamba",  "uv",     "poetry"};
/// Where programs of everybody lie beside each other.
constexpr std::array<std::string_view, 6> kSharedFolders = {"/bin",           "/sbin",           "/usr/bin",
                                                            "/usr/local/bin", "/usr/local/sbin", "/usr/sbin"};
/// What a run of the exporter itself may write there.
constexpr std::array<std::string_view, 3> kLeftOut = {"__pycache__", ".git", ".pytest_cache"};

/// Collects a text, of which a fingerprint is the digest.
class Collection {
 public:
  void add(std::string_view line) { text_ += fmt::format("{}\n", line); }

  void add_file(const fs::path& path, const std::string& name) {
    struct stat info {};
    if (++files_ > kMostFiles || ::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return;
    const auto size = static_cast<uintmax_t>(info.st_size);
    if (size > kSmallFile || read_ + size > kMostRead)
      return add(fmt::format("{} {} {}.{}", name, size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec));
    read_ += size;
    std::ostringstream content;
    content << std::ifstream(path).rdbuf();
    add(fmt::format("{} {}", name, sha256_hex(std::as_bytes(std::span(content.view())))));
  }

  void add_folder(const fs::path& folder) {
    if (!folders_.insert(folder.string()).second) return;
    std::vector<fs::path> files;
    std::error_code failed;
    fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, failed);
    for (; !failed && entry != fs::recursive_directory_iterator() && files.size() <= kMostFiles;
         entry.increment(failed)) {
      const std::string name = entry->path().filename();
      if (std::ranges::find(kLeftOut, name) != kLeftOut.end()) {
        entry.disable_recursion_pending();
      } else if (entry->is_regular_file(failed)) {
        files.push_back(entry->path());
      }
    }
    std::ranges::sort(files);
    for (const fs::path& file : files) add_file(file, file.lexically_relative(folder));
  }

  bool is_whole() const { return files_ <= kMostFiles; }
  std::string digest() const { return sha256_hex(std::as_bytes(std::span(text_))); }

 private:
  std::string text_;
  size_t files_ = 0;
  uintmax_t read_ = 0;
  std::set<std::string> folders_;
};

bool is_python(const std::string& program) { return fs::path(program).filename().string().starts_with("python"); }

/// Names of the distributions beneath a folder of packages, which hold their versions.
void add_distributions(Collection& collection, const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code failed;
  for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end; entry.increment(failed)) {
    const std::string name = entry->path().filename();
    if (name.ends_with(".dist-info") || name.ends_with(".egg-info") || name.ends_with(".pth")) names.push_back(name);
  }
  std::ranges::sort(names);
  for (const std::string& name : names) collection.add(name);
}

/// Of the environment that this interpreter belongs to by its path, which in a virtual one is a link.
void add_environment(Collection& collection, const std::string& python) {
  const fs::path prefix = fs::path(python).parent_path().parent_path();
  std::error_code failed;
  for (fs::directory_iterator entry(prefix / "lib", failed), end; !failed && entry != end; entry.increment(failed)) {
    if (!entry->path().filename().string().starts_with("python")) continue;
    for (const char* packages : {"site-packages", "dist-packages"})
      add_distributions(collection, entry->path() / packages);
  }
}

bool is_shared(const fs::path& folder) {
  return std::ranges::find(kSharedFolders, folder.string()) != kSharedFolders.end() || folder == "/tmp" ||
         folder == "/var/tmp" || folder == "/";
}

std::optional<Collection> collect(const std::vector<std::string>& command) {
  const auto program = find_program(command.front());
  if (!program) return std::nullopt;
  Collection collection;
  collection.add(fmt::format("{}", fmt::join(command, "\n")));
  std::vector<std::string> files = command;
  files[0] = *program;
  for (const std::string& file : files) {
    std::error_code failed;
    if (file.find('/') == std::string::npos || !fs::exists(file, failed)) continue;
    if (fs::is_directory(file, failed)) {
      if (!is_shared(file)) collection.add_folder(file);
      continue;
    }
    collection.add_file(file, file);
    const bool is_interpreter = is_python(file);
    if (is_interpreter) add_environment(collection, file);
    const fs::path folder = fs::path(file).parent_path();
    if (!is_interpreter && !is_shared(folder)) collection.add_folder(folder);
  }
  return collection;
}

}  // namespace

std::string program_fingerprint(const std::vector<std::string>& command) {
  const auto collection = collect(command);
  return collection ? collection->digest() : "";
}

bool has_whole_fingerprint(const std::vector<std::string>& command) {
  for (const std::string& part : command) {
    if (std::ranges::find(kLaunchers, fs::path(part).filename().string()) != kLaunchers.end()) return false;
  }
  const auto collection = collect(command);
  return collection && collection->is_whole();
}

}  // namespace modelport
