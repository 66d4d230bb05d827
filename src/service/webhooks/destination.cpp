#include "service/webhooks/destination.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace modelport {

namespace {

std::string address_text(const sockaddr* address) {
  char text[NI_MAXHOST] = {};
  const socklen_t size = address->sa_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
  return ::getnameinfo(address, size, text, sizeof text, nullptr, 0, NI_NUMERICHOST) == 0 ? text : "";
}

Result<std::vector<IpAddress>> ask_system(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  if (const int failed = ::getaddrinfo(host.c_str(), nullptr, &hints, &found); failed != 0)
    return fail(ErrorCode::kUnavailable, "the host's name cannot be resolved: {}", ::gai_strerror(failed));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(found, &::freeaddrinfo);
  std::vector<IpAddress> addresses;
  for (const addrinfo* row = found; row != nullptr; row = row->ai_next) {
    // A zone ("fe80::1%eth0") is of a link-local address only, which is refused without it as well.
    const std::string text = address_text(row->ai_addr);
    if (const auto address = parse_ip(text.substr(0, text.find('%')))) addresses.push_back(*address);
  }
  return addresses;
}

Error refused(ErrorCode code, std::string_view what) {
  Error error = fail(code, "webhook_url leads to an address that is {}, where no webhook goes", what);
  error.hint = "whoever runs the service can allow the receiver in its configuration";
  return error;
}

}  // namespace

Resolver system_resolver() { return ask_system; }

Result<AllowedReceivers> AllowedReceivers::parse(const std::vector<std::string>& entries) {
  AllowedReceivers allowed;
  for (const std::string& entry : entries) {
    if (const auto range = parse_ip_range(entry)) {
      allowed.ranges_.push_back(*range);
      continue;
    }
    const auto url = parse_webhook_url("http://" + entry);
    if (!url || url->host.size() != entry.size())
      return fail(ErrorCode::kInvalidArgument, "\"{}\" is neither a host nor an address nor a range of them", entry);
    allowed.hosts_.push_back(url->host);
  }
  return allowed;
}

bool AllowedReceivers::allows(const std::string& host, const IpAddress& address) const {
  return why_not_public(address).empty() || std::ranges::find(hosts_, host) != hosts_.end() ||
         std::ranges::any_of(ranges_, [&](const IpRange& range) { return range.contains(address); });
}

Status check_literal(const WebhookUrl& url, const AllowedReceivers& allowed) {
  const auto address = parse_ip(url.host);
  if (!address || allowed.allows(url.host, *address)) return {};
  return refused(ErrorCode::kInvalidArgument, why_not_public(*address));
}

Result<std::vector<IpAddress>> resolve_receiver(const WebhookUrl& url, const AllowedReceivers& allowed,
                                                const Resolver& resolver) {
  std::vector<IpAddress> addresses;
  if (const auto literal = parse_ip(url.host)) {
    addresses = {*literal};
  } else {
    TRY(resolved, resolver(url.host));
    addresses = std::move(resolved);
  }
  if (addresses.empty()) return fail(ErrorCode::kUnavailable, "the host's name has no address");
  for (const IpAddress& address : addresses) {
    if (!allowed.allows(url.host, address)) return refused(ErrorCode::kHostile, why_not_public(address));
  }
  return addresses;
}

}  // namespace modelport
