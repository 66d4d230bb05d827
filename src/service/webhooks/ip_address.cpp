#include "service/webhooks/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace modelport {

namespace {

constexpr std::array<uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr int kMappedBits = 96;

IpAddress mapped(const in_addr& address) {
  IpAddress out;
  std::ranges::copy(kMapped, out.bytes.begin());
  const auto* bytes = reinterpret_cast<const uint8_t*>(&address);
  std::copy_n(bytes, 4, out.bytes.begin() + kMapped.size());
  return out;
}

struct SpecialRange {
  std::string_view range;
  std::string_view what;
};
/// Narrower rows before those that hold them.
constexpr SpecialRange kSpecial[] = {
    {"0.0.0.0/8", "this network"},
    {"10.0.0.0/8", "private"},
    {"100.64.0.0/10", "shared by carriers"},
    {"127.0.0.0/8", "loopback"},
    {"168.63.129.16/32", "a cloud's metadata"},
    {"169.254.0.0/16", "link-local"},
    {"172.16.0.0/12", "private"},
    {"192.0.0.0/24", "for protocols"},
    {"192.0.2.0/24", "for documentation"},
    {"192.88.99.0/24", "a relay to IPv6"},
    {"192.168.0.0/16", "private"},
    {"198.18.0.0/15", "for benchmarks"},
    {"198.51.100.0/24", "for documentation"},
    {"203.0.113.0/24", "for documentation"},
    {"224.0.0.0/4", "multicast"},
    {"240.0.0.0/4", "reserved"},
    {"::1/128", "loopback"},
    {"2001::/23", "for protocols"},
    {"2001:db8::/32", "for documentation"},
    {"2002::/16", "a relay to IPv4"},
    {"3fff::/20", "for documentation"},
    {"fc00::/7", "private"},
    {"fe80::/10", "link-local"},
    {"fec0::/10", "private"},
    {"ff00::/8", "multicast"},
};
/// All that IANA has given out for unicast.
constexpr std::string_view kGlobalUnicast = "2000::/3";
/// NAT64: the last four bytes are an IPv4 address (RFC 6052).
constexpr std::string_view kTranslated = "64:ff9b::/96";

bool lies_in(const IpAddress& address, std::string_view range) { return parse_ip_range(range)->contains(address); }

}  // namespace

bool IpAddress::is_v4() const { return std::equal(kMapped.begin(), kMapped.end(), bytes.begin()); }

std::string IpAddress::text() const {
  char out[INET6_ADDRSTRLEN] = {};
  if (is_v4()) {
    ::inet_ntop(AF_INET, bytes.data() + kMapped.size(), out, sizeof out);
  } else {
    ::inet_ntop(AF_INET6, bytes.data(), out, sizeof out);
  }
  return out;
}

std::optional<IpAddress> parse_ip(std::string_view text) {
  // inet_aton takes anything behind a space.
  if (text.empty() || text.find_first_of(" \t\n\v\f\r") != std::string_view::npos) return std::nullopt;
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string terminated(text);
  if (in_addr v4{}; ::inet_aton(terminated.c_str(), &v4) != 0) return mapped(v4);
  IpAddress v6;
  if (::inet_pton(AF_INET6, terminated.c_str(), v6.bytes.data()) == 1) return v6;
  return std::nullopt;
}

bool IpRange::contains(const IpAddress& address) const {
  const auto whole = static_cast<size_t>(bits / 8);
  if (!std::equal(base.bytes.begin(), base.bytes.begin() + static_cast<std::ptrdiff_t>(whole), address.bytes.begin()))
    return false;
  const int rest = bits % 8;
  return rest == 0 || ((base.bytes[whole] ^ address.bytes[whole]) >> (8 - rest)) == 0;
}

std::optional<IpRange> parse_ip_range(std::string_view text) {
  const size_t slash = text.find('/');
  const auto base = parse_ip(text.substr(0, slash));
  if (!base) return std::nullopt;
  if (slash == std::string_view::npos) return IpRange{*base, 128};
  const std::string_view digits = text.substr(slash + 1);
  const bool is_v4_text = text.substr(0, slash).find(':') == std::string_view::npos;
  int bits = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (failed != std::errc() || end != digits.data() + digits.size() || bits < 0 || bits > (is_v4_text ? 32 : 128))
    return std::nullopt;
  return IpRange{*base, is_v4_text ? kMappedBits + bits : bits};
}

std::string_view why_not_public(const IpAddress& address) {
  if (lies_in(address, kTranslated)) {
    IpAddress inner = address;
    std::ranges::copy(kMapped, inner.bytes.begin());
    return why_not_public(inner);
  }
  for (const SpecialRange& row : kSpecial) {
    if (lies_in(address, row.range)) return row.what;
  }
  if (address.is_v4() || lies_in(address, kGlobalUnicast)) return "";
  return "reserved";
}

}  // namespace modelport
