#include "io/beneath.h"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <vector>

namespace modelport {

namespace {

Error cannot_open(std::string_view path, int error) {
  if (error == ENOENT) return fail(ErrorCode::kNotFound, "{} does not exist", path);
  if (error == ELOOP) return fail(ErrorCode::kHostile, "{} is a symbolic link", path);
  return fail(ErrorCode::kUnreadable, "cannot open {}: {}", path, std::strerror(error));
}

/// One step down. O_NOFOLLOW refuses a link with ELOOP, together with O_DIRECTORY with ENOTDIR.
Result<Descriptor> step(int directory, const std::string& part, int flags, std::string_view path) {
  Descriptor opened(::openat(directory, part.c_str(), flags | O_NOFOLLOW | O_CLOEXEC));
  if (opened.is_open()) return opened;
  const int reason = errno;
  struct stat info {};
  if (::fstatat(directory, part.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(info.st_mode))
    return cannot_open(path, ELOOP);
  return cannot_open(path, reason);
}

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

Result<std::vector<std::string>> names_in(int directory, std::string_view shown) {
  const int copy = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (copy < 0) return cannot_open(shown, errno);
  const std::unique_ptr<DIR, CloseDirectory> stream(::fdopendir(copy));
  if (!stream) {
    ::close(copy);
    return fail(ErrorCode::kUnreadable, "cannot list {}", shown);
  }
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) return fail(ErrorCode::kUnreadable, "cannot list {}: {}", shown, std::strerror(errno));
  std::ranges::sort(names);
  return names;
}

class Walk {
 public:
  Walk(const TreeLimits& limits, const std::function<Status(const TreeEntry&)>& visit)
      : limits_(limits), visit_(visit) {}

  Status enter(int directory, const std::string& prefix, int depth) {
    if (depth > limits_.depth)
      return fail(ErrorCode::kHostile, "{} lies deeper than {} directories", prefix, limits_.depth);
    TRY(names, names_in(directory, prefix.empty() ? "the directory" : prefix));
    for (std::string& name : names) {
      if (++count_ > limits_.entries) return fail(ErrorCode::kHostile, "there are more than {} files", limits_.entries);
      TreeEntry entry{prefix + name, {}, directory, std::move(name)};
      if (::fstatat(directory, entry.base.c_str(), &entry.info, AT_SYMLINK_NOFOLLOW) != 0)
        return cannot_open(entry.name, errno);
      CHECK_OK(require_plain(entry));
      CHECK_OK(visit_(entry));
      if (!S_ISDIR(entry.info.st_mode)) continue;
      TRY(inner, step(directory, entry.base, O_RDONLY | O_DIRECTORY, entry.name));
      CHECK_OK(enter(inner.get(), entry.name + "/", depth + 1));
    }
    return {};
  }

 private:
  static Status require_plain(const TreeEntry& entry) {
    const mode_t mode = entry.info.st_mode;
    if (S_ISDIR(mode)) return {};
    if (S_ISLNK(mode)) return fail(ErrorCode::kHostile, "{} is a symbolic link", entry.name);
    if (!S_ISREG(mode)) return fail(ErrorCode::kHostile, "{} is neither a file nor a directory", entry.name);
    if (entry.info.st_nlink != 1) return fail(ErrorCode::kHostile, "{} has a second hard link", entry.name);
    return {};
  }

  const TreeLimits& limits_;
  const std::function<Status(const TreeEntry&)>& visit_;
  size_t count_ = 0;
};

}  // namespace

Result<Descriptor> open_beneath(int directory, std::string_view path, int flags) {
  Descriptor at(::openat(directory, ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!at.is_open()) return cannot_open(path, errno);
  for (size_t begin = 0;;) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string part(path.substr(begin, end - begin));
    if (part.empty() || part == "." || part == ".." || part.find('\0') != std::string::npos)
      return fail(ErrorCode::kHostile, "{} is no plain path", path);
    const bool is_last = end == path.size();
    TRY(next, step(at.get(), part, is_last ? flags : O_PATH | O_DIRECTORY, path));
    // With O_PATH a link is opened as itself.
    struct stat info {};
    if (::fstat(next.get(), &info) != 0 || S_ISLNK(info.st_mode)) return cannot_open(path, ELOOP);
    if (is_last) return next;
    at = std::move(next);
    begin = end + 1;
  }
}

Status walk_tree(int directory, const TreeLimits& limits, const std::function<Status(const TreeEntry&)>& visit) {
  return Walk(limits, visit).enter(directory, "", 0);
}

Status remove_tree(const std::string& path) {
  std::error_code failed;
  std::filesystem::remove_all(path, failed);
  if (!failed) return {};
  // What an exporter made unwritable for itself is ours to remove all the same.
  std::error_code ignored;
  for (auto entry = std::filesystem::recursive_directory_iterator(
           path, std::filesystem::directory_options::skip_permission_denied, ignored);
       !ignored && entry != std::filesystem::recursive_directory_iterator(); entry.increment(ignored)) {
    if (entry->is_directory(ignored) && !entry->is_symlink(ignored))
      std::filesystem::permissions(entry->path(), std::filesystem::perms::owner_all, ignored);
  }
  std::filesystem::permissions(path, std::filesystem::perms::owner_all, ignored);
  std::filesystem::remove_all(path, failed);
  if (failed) return fail(ErrorCode::kUnwritable, "cannot remove {}: {}", path, failed.message());
  return {};
}

Status sync_directory(const std::string& path) {
  const Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.is_open() || ::fsync(directory.get()) != 0)
    return fail(ErrorCode::kUnwritable, "cannot make {} durable: {}", path, std::strerror(errno));
  return {};
}

}  // namespace modelport
