#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <span>
#include <string>

#include "base/result.h"
#include "io/output_file.h"
#include "service/checkpoints/checkpoint_store.h"

namespace modelport {

/// Where an archive's members become files, under limits. A name that was used, also in another case or as a directory
/// of another, is kHostile.
class Expansion {
 public:
  Expansion(std::string directory, const CheckpointLimits& limits)
      : directory_(std::move(directory)), limits_(limits) {}

  /// Whether so many members may come, before the first of them is written.
  Status check_count(size_t members) const;
  Status add_directory(std::string_view name);
  /// A new file for `size` bytes, which the caller writes and finishes. kInvalidArgument when the files together are
  /// over the limit.
  Result<OutputFile> open_file(std::string_view name, uint64_t size);
  /// The same with its content, durable when it returns.
  Status add_file(std::string_view name, std::span<const std::byte> content);
  size_t files() const { return files_; }

 private:
  enum class Member { kFile, kDirectory };
  Status claim(const std::string& name, Member member);

  std::string directory_;
  CheckpointLimits limits_;
  std::map<std::string, Member> taken_;  ///< By name in lower case.
  size_t members_ = 0, files_ = 0;
  uint64_t bytes_ = 0;
};

/// Expands a zip (ZipReader's rules) or an uncompressed tar (ustar, pax and GNU long names) at `archive` into the new
/// directory `target`. Links, devices and encrypted members are kHostile or kUnsupportedModel. An archive of one folder
/// gives what is in that folder; one without a file is kInvalidArgument.
Status expand_archive(const std::string& archive, const std::string& target, const CheckpointLimits& limits);

/// One of the two formats.
Status expand_zip(std::span<const std::byte> bytes, Expansion& into);
Status expand_tar(std::span<const std::byte> bytes, Expansion& into);

}  // namespace modelport
