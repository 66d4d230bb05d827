#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/result.h"
#include "base/sha256.h"

namespace modelport {

/// A file being written, hashed on the way. Errors are kUnwritable with the path and the reason (disk full, read-only,
/// no permission).
class OutputFile {
 public:
  /// Creates (or truncates) `path`; never follows a symbolic link in its last component.
  static Result<OutputFile> create(std::string path);
  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&&) = delete;
  ~OutputFile();

  Status append(std::span<const std::byte> bytes);
  /// Forces what was written to the disk and closes the file; no append afterwards.
  Status finish();

  const std::string& path() const { return path_; }
  int64_t size() const { return size_; }
  /// Digest of everything appended, available after finish().
  const std::string& sha256() const { return digest_; }

 private:
  OutputFile(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  Status write(std::span<const std::byte> bytes);
  std::string path_;
  int descriptor_ = -1;
  int64_t size_ = 0;
  Sha256 hash_;
  std::string digest_;
};

}  // namespace modelport
