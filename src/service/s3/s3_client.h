#pragma once

#include <map>
#include <string>

#include "base/result.h"
#include "service/http_client/http_transfer.h"
#include "service/s3/s3_config.h"

namespace modelport {

/// One S3 operation.
struct S3Call {
  std::string method;
  std::string key;  ///< With the prefix; empty: the bucket itself.
  std::map<std::string, std::string> query;
  std::map<std::string, std::string> headers;  ///< Lower-case names; all are signed.
  std::string body;
  int body_file = -1;
  int64_t body_offset = 0, body_bytes = 0;
  std::string body_sha256;  ///< Of the body; of an empty or text body it may be left out.
};

/// Signs calls, sends them, and sends them again after what passes (no reply, 429, 500, 502, 503, 504) with growing
/// pauses. Safe from any thread.
class S3Client {
 public:
  explicit S3Client(S3Config config) : config_(std::move(config)) {}

  const S3Config& config() const { return config_; }

  /// The reply, whatever its status below 500; kUnavailable when there is none after the last attempt. With a sink only
  /// one attempt is made.
  Result<HttpReply> call(const S3Call& call, const std::function<bool(std::string_view)>& sink = nullptr) const;

  /// A link to GET an object.
  std::string link(const std::string& key, const std::map<std::string, std::string>& query,
                   std::chrono::seconds valid) const;

 private:
  std::string host() const;
  std::string path_of(const std::string& key) const;
  HttpTransfer signed_transfer(const S3Call& call) const;

  S3Config config_;
};

/// What a refusal says: status, S3's own code and message; never the credentials.
Error s3_error(const HttpReply& reply, std::string_view doing);

}  // namespace modelport
