#include "service/backend/data_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "service/jobs/job_id.h"

namespace modelport {

namespace {

/// A child that a killed service had forked holds the lock, and all else that is open, until it has closed them.
constexpr auto kHoldTimeout = std::chrono::seconds(3);
constexpr auto kTryEvery = std::chrono::milliseconds(20);

bool take_lock(const Descriptor& lock) {
  const auto until = std::chrono::steady_clock::now() + kHoldTimeout;
  while (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(kTryEvery);
  }
  return true;
}

}  // namespace

Result<DataDirectory> DataDirectory::hold(const std::string& path, const std::string& shared) {
  std::error_code failed;
  const std::filesystem::path absolute = std::filesystem::absolute(path, failed).lexically_normal();
  std::filesystem::create_directories(absolute, failed);
  if (failed) return fail(ErrorCode::kUnwritable, "cannot make {}: {}", path, failed.message());
  // Others of the machine have no business in uploads and logs.
  std::filesystem::permissions(absolute, std::filesystem::perms::owner_all, failed);
  const std::string lock_path = absolute.string() + "/lock";
  Descriptor lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock.is_open()) return fail(ErrorCode::kUnwritable, "cannot open {}: {}", lock_path, std::strerror(errno));
  if (!take_lock(lock)) return fail(ErrorCode::kBusy, "another process holds the data directory {}", path);
  if (shared.empty()) return DataDirectory(absolute.string(), absolute.string(), std::move(lock));
  const std::filesystem::path common = std::filesystem::absolute(shared, failed).lexically_normal();
  std::filesystem::create_directories(common, failed);
  if (failed) return fail(ErrorCode::kUnwritable, "cannot make {}: {}", shared, failed.message());
  return DataDirectory(absolute.string(), common.string(), std::move(lock));
}

Result<std::string> DataDirectory::worker_name() const {
  const std::string path = path_ + "/worker-name";
  std::string name;
  if (std::getline(std::ifstream(path), name) && !name.empty()) return name;
  char host[256] = "here";
  (void)::gethostname(host, sizeof host - 1);
  TRY(random, new_job_id());
  name = fmt::format("{}.{}", host, random.substr(4, 8));
  std::ofstream file(path);
  if (!(file << name << std::endl)) return fail(ErrorCode::kUnwritable, "cannot write {}", path);
  return name;
}

}  // namespace modelport
