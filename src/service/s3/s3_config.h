#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "base/result.h"
#include "service/s3/sigv4.h"

namespace modelport {

/// Where objects lie.
struct S3Config {
  std::string endpoint;  ///< "https://s3.eu-central-1.amazonaws.com" or "http://127.0.0.1:9000", without a path.
  std::string region = "us-east-1";
  std::string bucket = "vision-platform-exports";
  std::string prefix = "exports";  ///< Of every key; may be empty.
  S3Credentials credentials;
  enum class Style { kPath, kVirtualHost } style = Style::kPath;
  int64_t multipart_from = int64_t{64} << 20;  ///< Larger files go in parts
  int64_t part_bytes = int64_t{16} << 20;      ///< of this size,
  int parallel_parts = 4;                      ///< so many at a time.
  int attempts = 5;
  std::chrono::milliseconds first_pause{100};  ///< Before the second attempt; doubled each time, with jitter.
};

/// From S3_BUCKET, S3_PREFIX (slashes around it do not count; "/" is the whole bucket), S3_ENDPOINT (or
/// AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL), S3_STYLE ("path" or "virtual"), AWS_REGION (or AWS_DEFAULT_REGION),
/// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN. `variable` gives the value of one, empty without.
/// kInvalidArgument names what is missing, never a secret.
Result<S3Config> s3_config_from(const std::function<std::string(const char* name)>& variable);

}  // namespace modelport
