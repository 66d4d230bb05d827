#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/mapped_file.h"

namespace modelport {

/// What lies in an export's directory, at any depth.
struct DirectoryEntry {
  std::string path;  ///< Relative to the directory: "model.mlpackage/Manifest.json".
  enum class Kind { kFile, kDirectory, kLink, kOther } kind = Kind::kFile;
  uint64_t size = 0;     ///< Of a file.
  std::string leads_to;  ///< Of a link.
};

/// A finished output directory, read without following any link and without leaving it: whoever wrote it is not
/// trusted, and may still be writing.
class ExportDirectory {
 public:
  /// Bounds: an export has a handful of files.
  static constexpr size_t kMaxEntries = 4096;
  static constexpr size_t kMaxDepth = 16;

  /// Lists `path`, which itself may be a link. kNotFound, kUnreadable, or kHostile beyond the bounds.
  static Result<ExportDirectory> open(const std::string& path);
  ExportDirectory(ExportDirectory&& other) noexcept;
  ExportDirectory& operator=(ExportDirectory&&) = delete;
  ~ExportDirectory();

  /// In the order of their paths.
  const std::vector<DirectoryEntry>& entries() const { return entries_; }
  /// The entry with this path; null where there is none.
  const DirectoryEntry* find(std::string_view path) const;
  /// Maps a file of the directory. kNotFound, kUnreadable; kHostile for a path that leads out or through a link.
  Result<std::shared_ptr<const MappedFile>> map(const std::string& path) const;

 private:
  explicit ExportDirectory(int descriptor) : descriptor_(descriptor) {}
  Status list(int descriptor, const std::string& prefix, size_t depth);

  int descriptor_;
  std::vector<DirectoryEntry> entries_;
};

}  // namespace modelport
