#pragma once

#include <map>
#include <string>
#include <vector>

#include "service/jobs/clock.h"
#include "service/s3/s3_client.h"

namespace modelport {

struct S3Object {
  std::string key;  ///< Whole, with every prefix.
  int64_t bytes = 0;
  std::string etag;
  Timestamp modified;
};

/// Objects whose key begins with `prefix` and is above `after`, in the order of keys.
Result<std::vector<S3Object>> list_objects(const S3Client& client, const std::string& prefix, const std::string& after,
                                           size_t limit);

}  // namespace modelport
