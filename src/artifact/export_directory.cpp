#include "artifact/export_directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>

namespace modelport {

namespace {

constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

class OwnedDescriptor {
 public:
  explicit OwnedDescriptor(int value) : value_(value) {}
  OwnedDescriptor(OwnedDescriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  OwnedDescriptor& operator=(OwnedDescriptor&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~OwnedDescriptor() {
    if (value_ >= 0) ::close(value_);
  }
  int get() const { return value_; }

 private:
  int value_;
};

std::string link_target(int directory, const char* name) {
  std::array<char, PATH_MAX> target{};
  const ssize_t length = ::readlinkat(directory, name, target.data(), target.size());
  return length < 0 ? "" : std::string(target.data(), static_cast<size_t>(length));
}

DirectoryEntry::Kind kind_of(mode_t mode) {
  if (S_ISREG(mode)) return DirectoryEntry::Kind::kFile;
  if (S_ISDIR(mode)) return DirectoryEntry::Kind::kDirectory;
  return S_ISLNK(mode) ? DirectoryEntry::Kind::kLink : DirectoryEntry::Kind::kOther;
}

Result<std::vector<std::string>> names_in(int descriptor) {
  const int copy = ::openat(descriptor, ".", kDirectoryFlags);
  DIR* stream = copy < 0 ? nullptr : ::fdopendir(copy);
  if (stream == nullptr) {
    const int reason = errno;
    if (copy >= 0) ::close(copy);
    return fail(ErrorCode::kUnreadable, "cannot list it: {}", std::strerror(reason));
  }
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(stream)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
    if (names.size() > ExportDirectory::kMaxEntries) break;
  }
  ::closedir(stream);
  std::ranges::sort(names);
  return names;
}

}  // namespace

Result<ExportDirectory> ExportDirectory::open(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) {
    const ErrorCode code = errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kUnreadable;
    return fail(code, "cannot open the directory {}: {}", path, std::strerror(errno));
  }
  ExportDirectory directory(descriptor);
  CHECK_OK(directory.list(descriptor, "", 0).in(path));
  std::ranges::sort(directory.entries_, {}, &DirectoryEntry::path);
  return directory;
}

ExportDirectory::ExportDirectory(ExportDirectory&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), entries_(std::move(other.entries_)) {}

ExportDirectory::~ExportDirectory() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Status ExportDirectory::list(int descriptor, const std::string& prefix, size_t depth) {
  if (depth > kMaxDepth) return fail(ErrorCode::kHostile, "directories are nested beyond {} levels", kMaxDepth);
  TRY(names, names_in(descriptor));
  for (const std::string& name : names) {
    struct stat status {};
    if (::fstatat(descriptor, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (entries_.size() >= kMaxEntries) return fail(ErrorCode::kHostile, "it has more than {} entries", kMaxEntries);
    DirectoryEntry entry{prefix + name, kind_of(status.st_mode), 0, ""};
    if (entry.kind == DirectoryEntry::Kind::kFile) entry.size = static_cast<uint64_t>(status.st_size);
    if (entry.kind == DirectoryEntry::Kind::kLink) entry.leads_to = link_target(descriptor, name.c_str());
    const bool enter = entry.kind == DirectoryEntry::Kind::kDirectory;
    entries_.push_back(std::move(entry));
    if (!enter) continue;
    const OwnedDescriptor inner(::openat(descriptor, name.c_str(), kDirectoryFlags));
    if (inner.get() < 0) return fail(ErrorCode::kUnreadable, "cannot open {}: {}", name, std::strerror(errno));
    CHECK_OK(list(inner.get(), prefix + name + "/", depth + 1));
  }
  return {};
}

const DirectoryEntry* ExportDirectory::find(std::string_view path) const {
  const auto entry = std::ranges::find(entries_, path, &DirectoryEntry::path);
  return entry == entries_.end() ? nullptr : &*entry;
}

Result<std::shared_ptr<const MappedFile>> ExportDirectory::map(const std::string& path) const {
  OwnedDescriptor at(::openat(descriptor_, ".", kDirectoryFlags));
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string part = path.substr(begin, end - begin);
    if (part.empty() || part == "." || part == "..")
      return fail(ErrorCode::kHostile, "{} is not a path within the directory", path);
    const bool last = end == path.size();
    const int flags = last ? O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC : kDirectoryFlags;
    OwnedDescriptor next(::openat(at.get(), part.c_str(), flags));
    if (next.get() < 0) {
      const int reason = errno;
      if (reason == ENOENT) return fail(ErrorCode::kNotFound, "{} does not exist", path);
      if (reason == ELOOP) return fail(ErrorCode::kHostile, "{} is or leads through a symbolic link", path);
      return fail(ErrorCode::kUnreadable, "cannot open {}: {}", path, std::strerror(reason));
    }
    at = std::move(next);
    begin = end + 1;
  }
  // Opening the descriptor's own entry gives the same file, whatever its name leads to by now.
  return MappedFile::open(fmt::format("/proc/self/fd/{}", at.get())).in(path);
}

}  // namespace modelport
