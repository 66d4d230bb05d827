#include "io/output_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <future>
#include <utility>

namespace modelport {

namespace {
/// After as much the disk begins to write, so that fsync has less to wait for.
constexpr size_t kMaxWrite = size_t{1} << 21;
/// From here on hashing takes longer than starting a thread for it.
constexpr size_t kHashBeside = size_t{1} << 18;

Error unwritable(const std::string& path, int error) {
  return fail(ErrorCode::kUnwritable, "cannot write {}: {}", path, std::strerror(error));
}
}  // namespace

Result<OutputFile> OutputFile::create(std::string path) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (descriptor < 0) return unwritable(path, errno);
  return OutputFile(std::move(path), descriptor);
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      size_(other.size_),
      hash_(std::move(other.hash_)),
      digest_(std::move(other.digest_)) {}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Status OutputFile::append(std::span<const std::byte> bytes) {
  const auto policy = bytes.size() >= kHashBeside ? std::launch::async : std::launch::deferred;
  const auto hashed = std::async(policy, [this, bytes] { hash_.update(bytes); });
  Status written = write(bytes);
  hashed.wait();
  return written;
}

Status OutputFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), std::min(bytes.size(), kMaxWrite));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return unwritable(path_, written == 0 ? ENOSPC : errno);
    bytes = bytes.subspan(static_cast<size_t>(written));
    if (static_cast<size_t>(written) == kMaxWrite)
      (void)::sync_file_range(descriptor_, size_, written, SYNC_FILE_RANGE_WRITE);
    size_ += written;
  }
  return {};
}

Status OutputFile::finish() {
  const bool synced = ::fsync(descriptor_) == 0 || errno == EINVAL;
  const int sync_error = errno;
  const bool closed = ::close(std::exchange(descriptor_, -1)) == 0;
  if (!synced) return unwritable(path_, sync_error);
  if (!closed) return unwritable(path_, errno);
  digest_ = hash_.hex_digest();
  return {};
}

}  // namespace modelport
