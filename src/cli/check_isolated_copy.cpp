#include <cstdlib>

#include "cli/check_test_bed.h"

namespace modelport {

namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMostBytes = uint64_t{256} << 20;
constexpr size_t kMostFiles = 5000;

/// Which argument is the exporter's own file: the first that names one after the program, else the program itself.
std::optional<size_t> own_file(const std::vector<std::string>& command) {
  std::error_code ignored;
  for (size_t i = 1; i < command.size(); ++i) {
    if (fs::is_regular_file(command[i], ignored)) return i;
  }
  if (command[0].find('/') != std::string::npos && fs::is_regular_file(command[0], ignored)) return 0;
  return std::nullopt;
}

/// Folders that are no part of a trainer's sources.
bool is_left_out(const fs::path& folder) {
  std::error_code ignored;
  const std::string name = folder.filename().string();
  return name == ".git" || name == "__pycache__" || name == "node_modules" ||
         fs::exists(folder / "pyvenv.cfg", ignored);
}

/// Copies the sources; what went wrong, or "".
std::string copy_folder(const fs::path& from, const fs::path& to) {
  uint64_t bytes = 0;
  size_t files = 0;
  std::error_code failed;
  for (auto at = fs::recursive_directory_iterator(from, failed); at != fs::recursive_directory_iterator();
       at.increment(failed)) {
    if (failed) return failed.message();
    const fs::path target = to / at->path().lexically_relative(from);
    if (at->is_directory(failed) && !at->is_symlink(failed)) {
      if (is_left_out(at->path())) {
        at.disable_recursion_pending();
      } else {
        fs::create_directories(target, failed);
      }
      continue;
    }
    if (!at->is_regular_file(failed)) continue;
    bytes += at->file_size(failed);
    if (++files > kMostFiles || bytes > kMostBytes)
      return fmt::format("it holds more than {} files or {} MiB", kMostFiles, kMostBytes >> 20);
    fs::create_directories(target.parent_path(), failed);
    fs::copy_file(at->path(), target, fs::copy_options::overwrite_existing, failed);
    if (failed) return failed.message();
  }
  return "";
}

/// $PYTHONPATH without what leads to the exporter's own folder or one around it.
std::string foreign_python_path(const fs::path& folder) {
  const char* given = std::getenv("PYTHONPATH");
  const std::string text = given == nullptr ? "" : given;
  std::string kept;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find(':', begin), text.size());
    const std::string part = text.substr(begin, end - begin);
    begin = end + 1;
    const fs::path place = fs::absolute(part).lexically_normal();
    const std::string way = folder.lexically_relative(place).string();
    const bool leads_there = !way.empty() && !way.starts_with("..");
    if (!part.empty() && !leads_there) kept += (kept.empty() ? "" : ":") + place.string();
  }
  return kept;
}

}  // namespace

std::optional<TestBed::IsolatedCopy> TestBed::isolated_copy(std::string& why_not) {
  const auto own = own_file(request_.command);
  if (!own) {
    why_not = "the command names no file of the exporter";
    return std::nullopt;
  }
  const fs::path file = request_.command[*own];
  const fs::path original = file.parent_path();
  const std::string name = fmt::format("alone-{}", ++folders_);
  own_names_.insert(name);
  IsolatedCopy copy{request_.command, root_ / name / original.filename(), {}};
  std::error_code ignored;
  fs::create_directories(copy.folder, ignored);
  why_not = copy_folder(original, copy.folder);
  if (!why_not.empty()) {
    why_not = fmt::format("{} cannot be copied: {}", original.string(), why_not);
    return std::nullopt;
  }
  copy.command[*own] = (copy.folder / file.filename()).string();
  if (std::getenv("PYTHONPATH") != nullptr) copy.environment["PYTHONPATH"] = foreign_python_path(original);
  return copy;
}

}  // namespace modelport
