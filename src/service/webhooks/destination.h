#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "service/webhooks/ip_address.h"
#include "service/webhooks/webhook_url.h"

namespace modelport {

/// Addresses of a host name; kUnavailable when there are none. A seam, so that tests need no DNS.
using Resolver = std::function<Result<std::vector<IpAddress>>(const std::string& host)>;
/// getaddrinfo(3).
Resolver system_resolver();

/// Where webhooks may go beside the public Internet.
class AllowedReceivers {
 public:
  /// Host names (with all their addresses), addresses and ranges. kInvalidArgument names the entry that is none.
  static Result<AllowedReceivers> parse(const std::vector<std::string>& entries);

  bool allows(const std::string& host, const IpAddress& address) const;

 private:
  std::vector<std::string> hosts_;
  std::vector<IpRange> ranges_;
};

/// Refuses (kInvalidArgument) a URL whose host is spelled as an address that no webhook may reach; of names nothing is
/// known before they are resolved.
Status check_literal(const WebhookUrl& url, const AllowedReceivers& allowed);

/// Resolves the URL's host, once: its addresses, all of which may be connected to. kHostile when one of them may not;
/// the error says of what kind it is and never which, so that nobody can map a network by it. kUnavailable without any.
Result<std::vector<IpAddress>> resolve_receiver(const WebhookUrl& url, const AllowedReceivers& allowed,
                                                const Resolver& resolver);

}  // namespace modelport
