#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <span>
#include <string>

#include "base/result.h"
#include "service/checkpoints/checkpoint_store.h"

namespace modelport {

/// Where an archive's members become files, under limits. A name that was used, also in another case or as a directory
/// of another, is kHostile.
class Expansion {
 public:
  Expansion(std::string directory, const CheckpointLimits& limits)
      : directory_(std::move(directory)), limits_(limits) {}

  Status add_directory(std::string_view name);
  /// kInvalidArgument when the files together are over the limit. Durable when it returns.
  Status add_file(std::string_view name, std::span<const std::byte> content);
  /// Bytes that may still come.
  uint64_t left() const { return static_cast<uint64_t>(limits_.expanded_bytes) - bytes_; }

 private:
  enum class Member { kFile, kDirectory };
  Status claim(const std::string& name, Member member);

  std::string directory_;
  CheckpointLimits limits_;
  std::map<std::string, Member> taken_;  ///< By name in lower case.
  size_t members_ = 0;
  uint64_t bytes_ = 0;
};

/// Expands a zip (ZipReader's rules) or an uncompressed tar (ustar, pax and GNU long names) at `archive` into the new
/// directory `target`. Links, devices and encrypted members are kHostile or kUnsupportedModel. An archive of one folder
/// gives what is in that folder.
Status expand_archive(const std::string& archive, const std::string& target, const CheckpointLimits& limits);

/// One of the two formats.
Status expand_zip(std::span<const std::byte> bytes, Expansion& into);
Status expand_tar(std::span<const std::byte> bytes, Expansion& into);

}  // namespace modelport
