#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace modelport {

/// A webhook_url taken apart.
struct WebhookUrl {
  bool is_https = false;
  std::string host;  ///< Lower case; of an IPv6 address without its brackets.
  int port = 0;
  std::string text;  ///< The whole.
};

/// "http" or "https", a host, perhaps a port, path and query: printable ASCII without spaces, quotes, backslashes,
/// user names or fragment. kInvalidArgument otherwise; the error repeats nothing of the URL, which may hold a token.
Result<WebhookUrl> parse_webhook_url(std::string_view url);

}  // namespace modelport
