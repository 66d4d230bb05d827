#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace modelport {

/// An address as 16 bytes; one of IPv4 is held as the IPv6 address that it is mapped to (::ffff:a.b.c.d), so that no
/// rule for the one can be passed by the spelling of the other.
struct IpAddress {
  std::array<uint8_t, 16> bytes{};
  bool is_v4() const;
  /// "192.0.2.1" or "2001:db8::1"
  std::string text() const;
  friend bool operator==(const IpAddress&, const IpAddress&) = default;
};

/// From any spelling that inet_aton(3) takes (127.1, 0x7f000001, 2130706433, 0177.0.0.1) or from IPv6 without brackets
/// and zone; nothing for a name.
std::optional<IpAddress> parse_ip(std::string_view text);

/// Addresses that share their first `bits` bits.
struct IpRange {
  IpAddress base;
  int bits = 128;
  bool contains(const IpAddress& address) const;
};

/// "10.0.0.0/8", "fd00::/8", or one address; nothing when it is neither.
std::optional<IpRange> parse_ip_range(std::string_view text);

/// Why an address is no receiver on the public Internet ("private", "loopback", ...); empty when it is one. The ranges
/// are those of IANA's registries of special-purpose addresses that are not globally reachable, multicast, what is
/// translated to IPv4 by rule, and a cloud's own that lies in a public range.
std::string_view why_not_public(const IpAddress& address);

}  // namespace modelport
