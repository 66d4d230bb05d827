#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "io/beneath.h"
#include "io/descriptor.h"
#include "io/failpoint.h"
#include "service/artifacts/artifact_store.h"
#include "service/artifacts/object_key.h"

namespace modelport {

namespace {

namespace fs = std::filesystem;

/// A file while it is copied from another file system.
constexpr std::string_view kArriving = ".arriving-";

class FileReader final : public ObjectReader {
 public:
  FileReader(Descriptor file, int64_t offset, int64_t left) : file_(std::move(file)), offset_(offset), left_(left) {}

  Result<size_t> read(std::span<std::byte> buffer) override {
    const size_t wanted = std::min(buffer.size(), static_cast<size_t>(left_));
    while (true) {
      const ssize_t count = ::pread(file_.get(), buffer.data(), wanted, offset_);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return fail(ErrorCode::kUnreadable, "cannot read a stored object: {}", std::strerror(errno));
      if (count == 0 && wanted > 0) return fail(ErrorCode::kDamaged, "a stored object is shorter than it was");
      offset_ += count;
      left_ -= count;
      return static_cast<size_t>(count);
    }
  }

 private:
  Descriptor file_;
  int64_t offset_, left_;
};

class LocalArtifactStore final : public ArtifactStore {
 public:
  LocalArtifactStore(std::string directory, Descriptor descriptor)
      : directory_(std::move(directory)), descriptor_(std::move(descriptor)) {}

  Status put(const NewObject& object) override {
    CHECK_OK(check_object_key(object.key));
    const std::string target = path_of(object.key);
    const std::string parent = fs::path(target).parent_path().string();
    CHECK_OK(make_directories(parent));
    failpoint("store: before the object");
    CHECK_OK(move_in(object, target));
    failpoint("store: after the object");
    return sync_directory(parent);
  }

  Result<ObjectInfo> stat(std::string_view key) override {
    TRY(file, open_object(key, O_RDONLY));
    struct stat info {};
    if (::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode))
      return fail(ErrorCode::kNotFound, "there is no object {}", key);
    return info_of(key, info);
  }

  Result<std::unique_ptr<ObjectReader>> open(std::string_view key, int64_t offset, int64_t length) override {
    TRY(file, open_object(key, O_RDONLY));
    struct stat info {};
    if (::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode))
      return fail(ErrorCode::kNotFound, "there is no object {}", key);
    if (offset < 0 || length < 0 || offset > info.st_size || length > info.st_size - offset)
      return fail(ErrorCode::kInvalidArgument, "object {} has {} bytes, not {} from {} on", key, info.st_size, length,
                  offset);
    return std::unique_ptr<ObjectReader>(std::make_unique<FileReader>(std::move(file), offset, length));
  }

  Status remove(std::string_view key) override {
    CHECK_OK(check_object_key(key));
    failpoint("store: before a removal");
    if (::unlink(path_of(key).c_str()) != 0 && errno != ENOENT)
      return fail(ErrorCode::kUnwritable, "cannot remove object {}: {}", key, std::strerror(errno));
    // Directories that this leaves empty; the first that is not ends it.
    for (fs::path parent = fs::path(path_of(key)).parent_path(); parent != directory_ && ::rmdir(parent.c_str()) == 0;)
      parent = parent.parent_path();
    failpoint("store: after a removal");
    return {};
  }

  Result<std::vector<ObjectInfo>> list(std::string_view prefix, std::string_view after, size_t limit) override {
    std::vector<ObjectInfo> found;
    CHECK_OK(walk_tree(descriptor_.get(), {SIZE_MAX, 32}, [&](const TreeEntry& entry) -> Status {
      if (!S_ISREG(entry.info.st_mode) || entry.base.starts_with(kArriving)) return {};
      if (entry.name.starts_with(prefix) && entry.name > after) found.push_back(info_of(entry.name, entry.info));
      return {};
    }));
    std::ranges::sort(found, {}, &ObjectInfo::key);
    if (found.size() > limit) found.resize(limit);
    return found;
  }

  std::optional<std::string> presigned_url(std::string_view, const std::string&, std::chrono::seconds) override {
    return std::nullopt;
  }

  std::optional<std::string> local_path(std::string_view key) override {
    return check_object_key(key) ? std::optional(path_of(key)) : std::nullopt;
  }

  Status check() override {
    const std::string path = directory_ + "/.check";
    const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file.is_open() || ::write(file.get(), "x", 1) != 1)
      return fail(ErrorCode::kUnwritable, "the artifact store takes no files: {}", std::strerror(errno));
    ::unlink(path.c_str());
    return {};
  }

 private:
  std::string path_of(std::string_view key) const { return fmt::format("{}/{}", directory_, key); }

  Result<Descriptor> open_object(std::string_view key, int flags) {
    CHECK_OK(check_object_key(key));
    auto file = open_beneath(descriptor_.get(), key, flags);
    if (!file && file.error().code == ErrorCode::kNotFound)
      return fail(ErrorCode::kNotFound, "there is no object {}", key);
    return file;
  }

  static ObjectInfo info_of(std::string_view key, const struct stat& info) {
    const auto seconds = std::chrono::seconds(info.st_mtim.tv_sec);
    return {std::string(key), info.st_size, Timestamp(seconds)};
  }

  /// A new directory is only durable with its parent.
  Status make_directories(const std::string& path) {
    std::error_code failed;
    if (fs::is_directory(path, failed)) return {};
    const std::string parent = fs::path(path).parent_path().string();
    CHECK_OK(make_directories(parent));
    fs::create_directory(path, failed);
    if (failed)
      return fail(ErrorCode::kUnwritable, "cannot make a directory in the artifact store: {}", failed.message());
    return sync_directory(parent);
  }

  static Status move_in(const NewObject& object, const std::string& target) {
    if (rename_new(object.file, target) == 0) return {};
    if (errno == EXDEV) return copy_in(object, target);
    return refused(object.key, errno);
  }

  static int rename_new(const std::string& from, const std::string& to) {
    return static_cast<int>(::syscall(SYS_renameat2, AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE));
  }

  static Error refused(const std::string& key, int reason) {
    if (reason == EEXIST) return fail(ErrorCode::kConflict, "object {} exists already", key);
    return fail(ErrorCode::kUnwritable, "cannot store object {}: {}", key, std::strerror(reason));
  }

  static Status copy_in(const NewObject& object, const std::string& target) {
    const fs::path arriving =
        fs::path(target).parent_path() / (std::string(kArriving) + fs::path(target).filename().string());
    std::error_code failed;
    fs::copy_file(object.file, arriving, fs::copy_options::overwrite_existing, failed);
    const Descriptor file(::open(arriving.c_str(), O_RDONLY | O_CLOEXEC));
    if (failed || !file.is_open() || ::fsync(file.get()) != 0) {
      const int reason = failed ? failed.value() : errno;
      ::unlink(arriving.c_str());
      return refused(object.key, reason);
    }
    if (rename_new(arriving.string(), target) != 0) {
      const int reason = errno;
      ::unlink(arriving.c_str());
      return refused(object.key, reason);
    }
    ::unlink(object.file.c_str());
    return {};
  }

  std::string directory_;
  Descriptor descriptor_;
};

}  // namespace

Result<std::unique_ptr<ArtifactStore>> open_local_artifact_store(std::string directory) {
  std::error_code failed;
  fs::create_directories(directory, failed);
  Descriptor descriptor(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (failed || !descriptor.is_open())
    return fail(ErrorCode::kUnwritable, "cannot make {}: {}", directory,
                failed ? failed.message() : std::strerror(errno));
  return std::unique_ptr<ArtifactStore>(
      std::make_unique<LocalArtifactStore>(std::move(directory), std::move(descriptor)));
}

}  // namespace modelport
