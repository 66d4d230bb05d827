#include "service/http/access.h"

#include <arpa/inet.h>

#include <algorithm>

#include "base/sha256.h"
#include "service/http/ascii.h"

namespace modelport {

namespace {

bool is_digest(std::string_view text) {
  return text.size() == 64 &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned char>(a[i] ^ b[i]);
  return difference == 0;
}

bool is_address(const std::string& host) {
  unsigned char address[16];
  if (host.starts_with('[') && host.ends_with(']'))
    return inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), address) == 1;
  return inet_pton(AF_INET, host.c_str(), address) == 1;
}

bool is_allowed_origin(const AccessRules& rules, std::string_view origin) {
  return std::ranges::find(rules.allowed_origins, origin) != rules.allowed_origins.end();
}

/// What follows "https://" is what Host says.
bool is_own_origin(std::string_view origin, std::string_view host) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme) && equal_ignoring_case(origin.substr(scheme.size()), host)) return true;
  }
  return false;
}

Problem refusal(int status, std::string code, std::string detail) {
  Problem problem;
  problem.status = status;
  problem.code = std::move(code);
  problem.detail = std::move(detail);
  return problem;
}

}  // namespace

Status check_rules(const AccessRules& rules) {
  for (const std::string& digest : rules.token_digests) {
    if (!is_digest(digest))
      return fail(ErrorCode::kInvalidArgument,
                  "a token is given as the SHA-256 of its text, 64 lower-case hexadecimal digits");
  }
  for (const std::string& origin : rules.allowed_origins) {
    const size_t scheme = origin.find("://");
    if (scheme == std::string::npos || scheme == 0 || scheme + 3 == origin.size() ||
        origin.find_first_of("/*", scheme + 3) != std::string::npos)
      return fail(ErrorCode::kInvalidArgument, "an origin is like https://platform.example, not {}", origin);
  }
  return {};
}

std::optional<Problem> check_token(const AccessRules& rules, const HttpRequest& request) {
  if (rules.token_digests.empty()) return std::nullopt;
  const std::string_view header = request.header("authorization");
  bool known = false;
  if (equal_ignoring_case(header.substr(0, 7), "bearer ")) {
    const std::string_view token = trimmed(header.substr(7));
    const std::string digest = sha256_hex(std::as_bytes(std::span(token)));
    for (const std::string& allowed : rules.token_digests) known = equal_in_constant_time(digest, allowed) || known;
  }
  if (known) return std::nullopt;
  Problem problem = refusal(401, "unauthorized",
                            header.empty() ? "a token is needed: Authorization: Bearer TOKEN"
                                           : "the token is not one of those that are let in");
  problem.headers.push_back({"WWW-Authenticate", "Bearer realm=\"modelport\""});
  return problem;
}

std::optional<Problem> check_origin(const AccessRules& rules, const HttpRequest& request) {
  const std::string_view host = request.header("host");
  if (request.count_headers("host") > 1) return refusal(400, "invalid_host", "Host is given twice");
  const auto name = host_name(host);
  if (!host.empty() && !name) return refusal(400, "invalid_host", "Host is not a name or an address");
  if (rules.hosts == AccessRules::Hosts::kListed && name && !is_address(*name) && *name != "localhost" &&
      std::ranges::find(rules.host_names, *name) == rules.host_names.end())
    return refusal(421, "unknown_host",
                   "Host is a name that this service does not have; host_names in its configuration lists them");
  const std::string_view origin = request.header("origin");
  const bool changes = request.method != HttpMethod::kGet && request.method != HttpMethod::kHead &&
                       request.method != HttpMethod::kOptions;
  if (changes && !origin.empty() && !is_own_origin(origin, host) && !is_allowed_origin(rules, origin))
    return refusal(403, "foreign_origin",
                   "pages of that origin may not call; allowed_origins in the configuration lists those that may");
  return std::nullopt;
}

std::vector<HttpHeader> cors_headers(const AccessRules& rules, const HttpRequest& request) {
  const std::string_view origin = request.header("origin");
  if (origin.empty() || !is_allowed_origin(rules, origin)) return {};
  std::vector<HttpHeader> headers = {{"Access-Control-Allow-Origin", std::string(origin)},
                                     {"Access-Control-Expose-Headers",
                                      "Content-Disposition, Content-Range, ETag, Location, Retry-After, X-Request-Id"},
                                     {"Vary", "Origin"}};
  if (request.method == HttpMethod::kOptions) {
    headers.push_back({"Access-Control-Allow-Methods", "GET, HEAD, POST, DELETE"});
    headers.push_back(
        {"Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, Range"});
    headers.push_back({"Access-Control-Max-Age", "600"});
  }
  return headers;
}

std::optional<std::string> host_name(std::string_view host) {
  std::string_view name = host, port;
  if (host.starts_with('[')) {
    const size_t end = host.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    name = host.substr(0, end + 1);
    port = host.substr(end + 1);
  } else if (const size_t colon = host.find(':'); colon != std::string_view::npos) {
    name = host.substr(0, colon);
    port = host.substr(colon);
  }
  if (!port.empty() && (port[0] != ':' || (port.size() > 1 && !number_from<uint16_t>(port.substr(1)))))
    return std::nullopt;
  const bool plain = std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._:[]").find(c) != std::string_view::npos;
  });
  if (name.empty() || !plain) return std::nullopt;
  return ascii_lower(name);
}

}  // namespace modelport
