#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"

namespace modelport {

/// A regular file mapped read-only. If another process truncates it while it is mapped, reads beyond the new end give
/// zeros instead of SIGBUS (see install_bus_error_guard) and `check_intact` reports it.
class MappedFile {
 public:
  /// kNotFound, kUnreadable (permission, a directory, a device), or the mapping. An empty file maps to no bytes.
  static Result<std::shared_ptr<const MappedFile>> open(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return bytes_; }
  const std::string& path() const { return path_; }

  /// kDamaged when the file shrank or was modified since it was opened.
  Status check_intact() const;

 private:
  MappedFile() = default;
  std::string path_;
  std::span<const std::byte> bytes_;
  int descriptor_ = -1;
  int64_t modified_ns_ = 0;
};

/// Installs the process-wide SIGBUS handler that puts a page of zeros where a mapped file ended early. Call once in
/// main.
void install_bus_error_guard();

}  // namespace modelport
