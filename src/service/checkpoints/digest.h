#pragma once

#include <string>

#include "base/result.h"

namespace modelport {

/// What identifies a checkpoint's content (CheckpointInfo::id) and how much it is.
struct ContentDigest {
  std::string id;
  int64_t bytes = 0;
};

/// Of the regular file that `descriptor` has open.
Result<ContentDigest> digest_file(int descriptor);

/// Of everything beneath the directory that `descriptor` has open; links and devices are kHostile.
Result<ContentDigest> digest_directory(int descriptor);

}  // namespace modelport
