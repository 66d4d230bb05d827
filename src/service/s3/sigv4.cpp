#include "service/s3/sigv4.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/hmac.h"
#include "base/sha256.h"

namespace modelport {

namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

/// "20251116T103000Z"
std::string amz_date(Timestamp now) {
  std::string text = timestamp_text(now).substr(0, 19);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text + "Z";
}

/// Without spaces around it, and one space where there are more.
std::string canonical_value(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c != ' ' || !(out.empty() || out.back() == ' ')) out += c;
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

struct Signed {
  std::string names;  ///< "host;x-amz-date"
  std::string signature;
};

Signed sign(const S3RequestToSign& request, const std::map<std::string, std::string>& query,
            const std::map<std::string, std::string>& headers, const S3Credentials& credentials,
            std::string_view region, const std::string& date) {
  Signed out;
  std::string header_lines;
  for (const auto& [name, value] : headers) {
    header_lines += name + ":" + canonical_value(value) + "\n";
    out.names += (out.names.empty() ? "" : ";") + name;
  }
  const std::string canonical =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, uri_encode(request.path, Slashes::kKeep),
                  canonical_query(query), header_lines, out.names, request.payload_sha256);
  const std::string day = date.substr(0, 8);
  const std::string scope = fmt::format("{}/{}/s3/aws4_request", day, region);
  const std::string to_sign =
      fmt::format("{}\n{}\n{}\n{}", kAlgorithm, date, scope, sha256_hex(std::as_bytes(std::span(canonical))));
  const std::string key = hmac_sha256(
      hmac_sha256(hmac_sha256(hmac_sha256("AWS4" + credentials.secret_key, day), region), "s3"), "aws4_request");
  out.signature = hexadecimal(hmac_sha256(key, to_sign));
  return out;
}

std::string scope_of(const S3Credentials& credentials, const std::string& date, std::string_view region) {
  return fmt::format("{}/{}/{}/s3/aws4_request", credentials.access_key, date.substr(0, 8), region);
}

}  // namespace

std::string uri_encode(std::string_view text, Slashes slashes) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                          c == '.' || c == '_' || c == '~' || (c == '/' && slashes == Slashes::kKeep);
    out += is_plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return out;
}

std::string canonical_query(const std::map<std::string, std::string>& query) {
  std::map<std::string, std::string> encoded;
  for (const auto& [name, value] : query)
    encoded[uri_encode(name, Slashes::kEncode)] = uri_encode(value, Slashes::kEncode);
  std::string out;
  for (const auto& [name, value] : encoded) out += (out.empty() ? "" : "&") + name + "=" + value;
  return out;
}

std::map<std::string, std::string> sign_headers(const S3RequestToSign& request, const S3Credentials& credentials,
                                                std::string_view region, Timestamp now) {
  const std::string date = amz_date(now);
  std::map<std::string, std::string> headers = request.headers;
  headers["host"] = request.host;
  headers["x-amz-date"] = date;
  headers["x-amz-content-sha256"] = request.payload_sha256;
  if (!credentials.session_token.empty()) headers["x-amz-security-token"] = credentials.session_token;
  const Signed done = sign(request, request.query, headers, credentials, region, date);
  headers["authorization"] = fmt::format("{} Credential={}, SignedHeaders={}, Signature={}", kAlgorithm,
                                         scope_of(credentials, date, region), done.names, done.signature);
  return headers;
}

std::string presigned_query(const S3RequestToSign& request, const S3Credentials& credentials, std::string_view region,
                            Timestamp now, std::chrono::seconds valid) {
  const std::string date = amz_date(now);
  std::map<std::string, std::string> headers = request.headers;
  headers["host"] = request.host;
  std::map<std::string, std::string> query = request.query;
  query["X-Amz-Algorithm"] = kAlgorithm;
  query["X-Amz-Credential"] = scope_of(credentials, date, region);
  query["X-Amz-Date"] = date;
  query["X-Amz-Expires"] = std::to_string(valid.count());
  if (!credentials.session_token.empty()) query["X-Amz-Security-Token"] = credentials.session_token;
  std::string names;
  for (const auto& [name, value] : headers) names += (names.empty() ? "" : ";") + name;
  query["X-Amz-SignedHeaders"] = names;
  query["X-Amz-Signature"] = sign(request, query, headers, credentials, region, date).signature;
  return canonical_query(query);
}

}  // namespace modelport
