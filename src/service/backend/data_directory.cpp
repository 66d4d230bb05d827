#include "service/backend/data_directory.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace modelport {

Result<DataDirectory> DataDirectory::hold(const std::string& path) {
  std::error_code failed;
  const std::filesystem::path absolute = std::filesystem::absolute(path, failed).lexically_normal();
  std::filesystem::create_directories(absolute, failed);
  if (failed) return fail(ErrorCode::kUnwritable, "cannot make {}: {}", path, failed.message());
  // Others of the machine have no business in uploads and logs.
  std::filesystem::permissions(absolute, std::filesystem::perms::owner_all, failed);
  const std::string lock_path = absolute.string() + "/lock";
  Descriptor lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock.is_open()) return fail(ErrorCode::kUnwritable, "cannot open {}: {}", lock_path, std::strerror(errno));
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0)
    return fail(ErrorCode::kBusy, "another process holds the data directory {}", path);
  return DataDirectory(absolute.string(), std::move(lock));
}

}  // namespace modelport
