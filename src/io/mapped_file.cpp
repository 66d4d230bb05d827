#include "io/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

namespace modelport {

namespace {

int64_t modification_ns(const struct stat& status) {
  return static_cast<int64_t>(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec;
}

long page_size = 4096;

/// Only async-signal-safe calls: mmap is a plain system call on Linux. A fault that is not ours repeats with the
/// default action.
void replace_page_with_zeros(int, siginfo_t* info, void*) {
  const auto address = reinterpret_cast<uintptr_t>(info->si_addr) & ~static_cast<uintptr_t>(page_size - 1);
  void* page = ::mmap(reinterpret_cast<void*>(address), static_cast<size_t>(page_size), PROT_READ,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  if (page == MAP_FAILED) std::signal(SIGBUS, SIG_DFL);
}

}  // namespace

Result<std::shared_ptr<const MappedFile>> MappedFile::open(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) {
    const ErrorCode code = errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kUnreadable;
    return fail(code, "cannot open {}: {}", path, std::strerror(errno));
  }
  std::shared_ptr<MappedFile> file(new MappedFile());
  file->path_ = path;
  file->descriptor_ = descriptor;
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) {
    return fail(ErrorCode::kUnreadable, "cannot read {}: {}", path, std::strerror(errno));
  }
  if (S_ISDIR(status.st_mode)) return fail(ErrorCode::kUnreadable, "{} is a directory, not a file", path);
  if (!S_ISREG(status.st_mode)) return fail(ErrorCode::kUnreadable, "{} is not a regular file", path);
  file->modified_ns_ = modification_ns(status);
  if (status.st_size > 0) {
    const auto size = static_cast<size_t>(status.st_size);
    void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (address == MAP_FAILED) return fail(ErrorCode::kUnreadable, "cannot map {}: {}", path, std::strerror(errno));
    file->bytes_ = {static_cast<const std::byte*>(address), size};
  }
  return std::shared_ptr<const MappedFile>(std::move(file));
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
  if (descriptor_ >= 0) ::close(descriptor_);
}

Status MappedFile::check_intact() const {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0 || static_cast<size_t>(status.st_size) != bytes_.size() ||
      modification_ns(status) != modified_ns_) {
    return fail(ErrorCode::kDamaged, "{} changed while it was being read", path_);
  }
  return {};
}

void install_bus_error_guard() {
  page_size = ::sysconf(_SC_PAGESIZE);
  struct sigaction action {};
  action.sa_sigaction = replace_page_with_zeros;
  action.sa_flags = SA_SIGINFO;
  ::sigaction(SIGBUS, &action, nullptr);
}

}  // namespace modelport
