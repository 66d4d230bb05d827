#pragma once

#include <string>

#include "base/result.h"

namespace modelport {

/// Files of an export that came as the Backend's zip, in a temporary directory that is gone when this is.
class UnpackedExport {
 public:
  /// `path` itself where it is no .zip. kHostile, kDamaged or kInvalidArgument (over 16 GiB) for a zip that may not be
  /// unpacked, kUnwritable without room in $TMPDIR.
  static Result<UnpackedExport> open(const std::string& path);
  UnpackedExport(UnpackedExport&& other) noexcept;
  UnpackedExport& operator=(UnpackedExport&&) = delete;
  ~UnpackedExport();

  /// What open_artifact takes.
  const std::string& artifact() const { return artifact_; }

 private:
  UnpackedExport(std::string artifact, std::string temporary)
      : artifact_(std::move(artifact)), temporary_(std::move(temporary)) {}
  std::string artifact_;
  std::string temporary_;  ///< Empty where nothing was unpacked.
};

}  // namespace modelport
