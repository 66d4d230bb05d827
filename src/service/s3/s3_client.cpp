#include "service/s3/s3_client.h"

#include <pugixml.hpp>
#include <random>
#include <thread>

#include "base/printable.h"
#include "base/sha256.h"
#include "io/failpoint.h"

namespace modelport {

namespace {

bool may_pass(int status) { return status == 429 || status == 500 || status == 502 || status == 503 || status == 504; }

/// Full jitter: anywhere up to the doubled pause.
std::chrono::milliseconds pause_before(int attempt, std::chrono::milliseconds first) {
  thread_local std::minstd_rand random(std::random_device{}());
  const int64_t most = std::min<int64_t>(first.count() << attempt, 10'000);
  return std::chrono::milliseconds(std::uniform_int_distribution<int64_t>(most / 2, most)(random));
}

}  // namespace

std::string S3Client::host() const {
  const std::string host = config_.endpoint.substr(config_.endpoint.find("://") + 3);
  return config_.style == S3Config::Style::kVirtualHost ? config_.bucket + "." + host : host;
}

std::string S3Client::path_of(const std::string& key) const {
  const std::string bucket = config_.style == S3Config::Style::kVirtualHost ? "" : "/" + config_.bucket;
  return bucket + "/" + key;
}

HttpTransfer S3Client::signed_transfer(const S3Call& call) const {
  const std::string path = path_of(call.key);
  const std::string digest =
      call.body_sha256.empty() ? sha256_hex(std::as_bytes(std::span(call.body))) : call.body_sha256;
  HttpTransfer request;
  request.method = call.method;
  request.headers = sign_headers({call.method, host(), path, call.query, call.headers, digest}, config_.credentials,
                                 config_.region, system_clock().now());
  const std::string query = canonical_query(call.query);
  const std::string scheme = config_.endpoint.substr(0, config_.endpoint.find("://"));
  request.url =
      fmt::format("{}://{}{}{}{}", scheme, host(), uri_encode(path, Slashes::kKeep), query.empty() ? "" : "?", query);
  request.body = call.body;
  request.body_file = call.body_file;
  request.body_offset = call.body_offset;
  request.body_bytes = call.body_bytes;
  return request;
}

Result<HttpReply> S3Client::call(const S3Call& call, const std::function<bool(std::string_view)>& sink) const {
  const int attempts = sink ? 1 : config_.attempts;
  for (int attempt = 1;; ++attempt) {
    failpoint("store: before a request");
    auto reply = transfer(signed_transfer(call), sink);
    failpoint("store: after a request");
    const bool has_passed = reply && !may_pass(reply->status);
    if (has_passed) return reply;
    if (attempt >= attempts) {
      if (reply) return s3_error(*reply, call.method);
      return std::move(reply).in("the artifact store does not answer");
    }
    std::this_thread::sleep_for(pause_before(attempt, config_.first_pause));
  }
}

std::string S3Client::link(const std::string& key, const std::map<std::string, std::string>& query,
                           std::chrono::seconds valid) const {
  const std::string path = path_of(key);
  const std::string scheme = config_.endpoint.substr(0, config_.endpoint.find("://"));
  return fmt::format("{}://{}{}?{}", scheme, host(), uri_encode(path, Slashes::kKeep),
                     presigned_query({"GET", host(), path, query, {}, "UNSIGNED-PAYLOAD"}, config_.credentials,
                                     config_.region, system_clock().now(), valid));
}

Error s3_error(const HttpReply& reply, std::string_view doing) {
  pugi::xml_document document;
  std::string said;
  if (document.load_buffer(reply.body.data(), reply.body.size())) {
    const pugi::xml_node error = document.child("Error");
    said = printable(fmt::format("{} {}", error.child_value("Code"), error.child_value("Message")).substr(0, 300));
  }
  const ErrorCode code = reply.status == 404      ? ErrorCode::kNotFound
                         : reply.status == 412    ? ErrorCode::kConflict
                         : may_pass(reply.status) ? ErrorCode::kUnavailable
                                                  : ErrorCode::kUnwritable;
  return fail(code, "the artifact store refuses {} with status {}: {}", doing, reply.status, said);
}

}  // namespace modelport
