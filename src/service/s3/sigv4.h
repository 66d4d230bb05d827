#pragma once

#include <map>
#include <string>
#include <string_view>

#include "service/jobs/clock.h"

namespace modelport {

struct S3Credentials {
  std::string access_key, secret_key, session_token;  ///< The token may be empty.
};

/// What AWS Signature Version 4 signs (docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html). Path and
/// query are given unencoded; S3 encodes a path once and leaves its slashes.
struct S3RequestToSign {
  std::string method;
  std::string host;  ///< With the port where it is not the scheme's own.
  std::string path;  ///< "/bucket/key"
  std::map<std::string, std::string> query;
  std::map<std::string, std::string> headers;  ///< Lower-case names; host and x-amz-date are added.
  std::string payload_sha256;                  ///< "UNSIGNED-PAYLOAD" for links.
};

/// RFC 3986: everything but letters, digits and "-._~" as %XX.
enum class Slashes { kEncode, kKeep };
std::string uri_encode(std::string_view text, Slashes slashes);
/// "a=1&b=" sorted by encoded name, with "=" also where a value is empty.
std::string canonical_query(const std::map<std::string, std::string>& query);

/// All headers to send, Authorization among them.
std::map<std::string, std::string> sign_headers(const S3RequestToSign& request, const S3Credentials& credentials,
                                                std::string_view region, Timestamp now);

/// The query of a link that anyone may follow for this long.
std::string presigned_query(const S3RequestToSign& request, const S3Credentials& credentials, std::string_view region,
                            Timestamp now, std::chrono::seconds valid);

}  // namespace modelport
