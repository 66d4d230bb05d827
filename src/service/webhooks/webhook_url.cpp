#include "service/webhooks/webhook_url.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "service/webhooks/ip_address.h"

namespace modelport {

namespace {

Error wrong(std::string_view why) {
  return fail(ErrorCode::kInvalidArgument, "webhook_url {}; it is http(s)://HOST[:PORT][/PATH][?QUERY]", why);
}

bool is_url_character(unsigned char c) {
  return c > ' ' && c < 0x7f && std::string_view("\"<>\\^`{|}#").find(static_cast<char>(c)) == std::string_view::npos;
}

bool is_name_character(unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_'; }

bool is_name(std::string_view host) {
  return !host.empty() && host.size() <= 253 && std::ranges::all_of(host, is_name_character) &&
         host.find("..") == std::string_view::npos && host.front() != '.' && host.front() != '-';
}

/// Splits "[::1]:8080" and the like; the colon goes with the port.
Status take_host(std::string_view authority, WebhookUrl& url, std::string_view& port) {
  if (authority.starts_with('[')) {
    const size_t end = authority.find(']');
    if (end == std::string_view::npos) return wrong("has a bracket without its fellow");
    url.host = authority.substr(1, end - 1);
    port = authority.substr(end + 1);
    if (url.host.find(':') == std::string::npos || !parse_ip(url.host))
      return wrong("has something else than an IPv6 address in brackets");
    return {};
  }
  const size_t colon = authority.find(':');
  url.host = authority.substr(0, colon);
  port = colon == std::string_view::npos ? std::string_view() : authority.substr(colon);
  return is_name(url.host) ? Status() : wrong("has no host, or one with characters that a host does not have");
}

}  // namespace

Result<WebhookUrl> parse_webhook_url(std::string_view text) {
  WebhookUrl url;
  url.text = text;
  if (!std::ranges::all_of(text, is_url_character))
    return wrong("holds characters that a URL does not (encode them as %XX; a fragment is not sent)");
  const size_t scheme = text.find("://");
  const std::string_view name = text.substr(0, scheme == std::string_view::npos ? 0 : scheme);
  if (name != "http" && name != "https") return wrong("is of another scheme than http and https");
  url.is_https = name == "https";
  std::string_view authority = text.substr(scheme + 3);
  authority = authority.substr(0, authority.find_first_of("/?"));
  if (authority.find('@') != std::string_view::npos) return wrong("holds a user name, which webhooks do not send");
  std::string_view port;
  CHECK_OK(take_host(authority, url, port));
  std::ranges::transform(url.host, url.host.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  url.port = url.is_https ? 443 : 80;
  if (port.empty()) return url;
  const char* end = port.data() + port.size();
  const auto [stopped, failed] = std::from_chars(port.data() + 1, end, url.port);
  if (port.front() != ':' || failed != std::errc() || stopped != end || url.port < 1 || url.port > 65535)
    return wrong("has a port that is none");
  return url;
}

}  // namespace modelport
