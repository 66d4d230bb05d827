#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "service/http/message.h"
#include "service/http/problem.h"

namespace modelport {

/// Who may ask. The default suits a service on loopback: no token, and no web page but the service's own.
struct AccessRules {
  /// SHA-256 digests (lower-case hexadecimal) of the bearer tokens that are let in; empty: everybody is.
  std::vector<std::string> token_digests;
  /// Origins whose pages may call ("https://platform.example"); "*" is not among what may be said.
  std::vector<std::string> allowed_origins;
  /// Names that Host may hold; IP addresses and localhost always may. Empty: any name, which suits a service behind a
  /// proxy but not one on loopback: a page of another site could rebind its own name to 127.0.0.1.
  std::vector<std::string> host_names;
  enum class Hosts { kAny, kListed } hosts = Hosts::kListed;
};

/// kInvalidArgument for a digest or an origin that cannot be one.
Status check_rules(const AccessRules& rules);

/// 401 where a token is needed and the request's is missing or wrong. Compares in constant time.
std::optional<Problem> check_token(const AccessRules& rules, const HttpRequest& request);

/// 421 for a Host that is not this service's, 403 for a page of another origin that would change something.
std::optional<Problem> check_origin(const AccessRules& rules, const HttpRequest& request);

/// The CORS headers for a request from an allowed origin; nothing else.
std::vector<HttpHeader> cors_headers(const AccessRules& rules, const HttpRequest& request);

/// The name or address in a Host header, without its port; nothing where it is malformed.
std::optional<std::string> host_name(std::string_view host);

}  // namespace modelport
