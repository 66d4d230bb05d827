#include "service/webhooks/destination.h"

#include <gmock/gmock.h>

namespace modelport {
namespace {

using testing::HasSubstr;
using testing::Not;

struct AddressRow {
  std::string text;
  std::string what;  ///< Part of the reason; empty: public.
};
class AddressTest : public testing::TestWithParam<AddressRow> {};

TEST_P(AddressTest, IsJudgedByItsRange) {
  const auto address = parse_ip(GetParam().text);
  ASSERT_TRUE(address) << GetParam().text;
  if (GetParam().what.empty()) {
    EXPECT_EQ(why_not_public(*address), "") << address->text();
  } else {
    EXPECT_THAT(std::string(why_not_public(*address)), HasSubstr(GetParam().what)) << address->text();
  }
}

/// First and last address of every range, and the public ones beside them.
const AddressRow kAddresses[] = {
    {"0.0.0.0", "this network"},
    {"0.255.255.255", "this network"},
    {"1.0.0.0", ""},
    {"9.255.255.255", ""},
    {"10.0.0.0", "private"},
    {"10.255.255.255", "private"},
    {"11.0.0.0", ""},
    {"100.63.255.255", ""},
    {"100.64.0.0", "carriers"},
    {"100.100.100.200", "carriers"},
    {"100.127.255.255", "carriers"},
    {"100.128.0.0", ""},
    {"126.255.255.255", ""},
    {"127.0.0.1", "loopback"},
    {"127.255.255.255", "loopback"},
    {"128.0.0.0", ""},
    {"168.63.129.15", ""},
    {"168.63.129.16", "metadata"},
    {"169.253.255.255", ""},
    {"169.254.0.0", "link-local"},
    {"169.254.169.254", "link-local"},
    {"169.254.255.255", "link-local"},
    {"169.255.0.0", ""},
    {"172.15.255.255", ""},
    {"172.16.0.0", "private"},
    {"172.31.255.255", "private"},
    {"172.32.0.0", ""},
    {"192.0.0.192", "protocols"},
    {"192.0.1.0", ""},
    {"192.0.2.1", "documentation"},
    {"192.88.99.1", "relay"},
    {"192.167.255.255", ""},
    {"192.168.0.0", "private"},
    {"192.168.255.255", "private"},
    {"192.169.0.0", ""},
    {"198.17.255.255", ""},
    {"198.18.0.0", "benchmarks"},
    {"198.19.255.255", "benchmarks"},
    {"198.20.0.0", ""},
    {"198.51.100.7", "documentation"},
    {"203.0.113.7", "documentation"},
    {"223.255.255.255", ""},
    {"224.0.0.1", "multicast"},
    {"239.255.255.255", "multicast"},
    {"240.0.0.0", "reserved"},
    {"255.255.255.255", "reserved"},
    // Other spellings of the same.
    {"127.1", "loopback"},
    {"127.0.1", "loopback"},
    {"2130706433", "loopback"},
    {"0x7f000001", "loopback"},
    {"0x7f.0.0.0x1", "loopback"},
    {"0177.0.0.01", "loopback"},
    {"017700000001", "loopback"},
    {"0xa9fea9fe", "link-local"},
    {"0300.0250.0.1", "private"},
    {"0", "this network"},
    // IPv6.
    {"::", "reserved"},
    {"::1", "loopback"},
    {"0:0:0:0:0:0:0:1", "loopback"},
    {"::7f00:1", "reserved"},
    {"::ffff:127.0.0.1", "loopback"},
    {"::ffff:7f00:1", "loopback"},
    {"::ffff:169.254.169.254", "link-local"},
    {"::ffff:8.8.8.8", ""},
    {"::ffff:0:7f00:1", "reserved"},
    {"64:ff9b::7f00:1", "loopback"},
    {"64:ff9b::10.0.0.1", "private"},
    {"64:ff9b::8.8.8.8", ""},
    {"64:ff9b:1::1", "reserved"},
    {"100::1", "reserved"},
    {"1fff:ffff::1", "reserved"},
    {"2001::1", "protocols"},
    {"2001:1ff:ffff::1", "protocols"},
    {"2001:200::1", ""},
    {"2001:db8::1", "documentation"},
    {"2001:4860:4860::8888", ""},
    {"2002:7f00:1::1", "relay"},
    {"2003::1", ""},
    {"3ffe::1", ""},
    {"3fff::1", "documentation"},
    {"4000::1", "reserved"},
    {"5f00::1", "reserved"},
    {"fc00::1", "private"},
    {"fd00:ec2::254", "private"},
    {"fe80::1", "link-local"},
    {"febf::1", "link-local"},
    {"fec0::1", "private"},
    {"ff02::1", "multicast"},
};
INSTANTIATE_TEST_SUITE_P(Each, AddressTest, testing::ValuesIn(kAddresses));

TEST(IpAddressTest, IsNoName) {
  for (const char* text :
       {"", "localhost", "1.2.3.4.5", "256.0.0.1", "127.0.0.1 x", "127.0.0.1\t", "::1%lo", "[::1]", "1.2.3.4/8", "0x"})
    EXPECT_FALSE(parse_ip(text)) << text;
}

TEST(IpAddressTest, RangesHoldWhatTheyShould) {
  const auto range = parse_ip_range("10.1.0.0/20");
  ASSERT_TRUE(range);
  EXPECT_TRUE(range->contains(*parse_ip("10.1.15.255")));
  EXPECT_TRUE(range->contains(*parse_ip("::ffff:10.1.0.1")));
  EXPECT_FALSE(range->contains(*parse_ip("10.1.16.0")));
  EXPECT_TRUE(parse_ip_range("::/0")->contains(*parse_ip("10.1.16.0")));
  EXPECT_TRUE(parse_ip_range("0.0.0.0/0")->contains(*parse_ip("10.1.16.0")));
  EXPECT_FALSE(parse_ip_range("0.0.0.0/0")->contains(*parse_ip("fd00::1")));
  for (const char* text : {"10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "fd00::/129", "10.0.0.0/8x", "host/8"})
    EXPECT_FALSE(parse_ip_range(text)) << text;
}

TEST(WebhookUrlTest, IsTakenApart) {
  const auto url = parse_webhook_url("https://Hooks.Example.com:8443/a/b?token=x@y");
  ASSERT_TRUE(url) << url.error().text();
  EXPECT_EQ(url->host, "hooks.example.com");
  EXPECT_EQ(url->port, 8443);
  EXPECT_TRUE(url->is_https);
  const auto plain = parse_webhook_url("http://[2001:db8::1]?q");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->host, "2001:db8::1");
  EXPECT_EQ(plain->port, 80);
}

TEST(WebhookUrlTest, RefusesWhatTwoParsersMayReadDifferently) {
  for (const char* text : {"ftp://example.com",
                           "file:///etc/passwd",
                           "HTTP//example.com",
                           "//example.com/",
                           "example.com",
                           "http://",
                           "http:///path",
                           "http://user:secret@example.com/",
                           "http://example.com#@127.0.0.1/",
                           "http://exa mple.com/",
                           "http://example.com\\@127.0.0.1/",
                           "http://example.com:0/",
                           "http://example.com:65536/",
                           "http://example.com:80a/",
                           "http://example.com:/",
                           "http://[::1",
                           "http://[::1]x/",
                           "http://[127.0.0.1]/",
                           "http://[fe80::1%25lo]/",
                           "http://ex\xc3\xa4mple.com/",
                           "http://example.com/\r\nX: y",
                           "http://a..b/",
                           "http://%31%32%37.0.0.1/",
                           "gopher://127.0.0.1:70/"}) {
    const auto url = parse_webhook_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(url.error().text(), Not(HasSubstr("secret")));
  }
}

class ReceiverTest : public testing::Test {
 protected:
  /// What a receiver's name resolves to.
  Resolver dns(std::vector<std::string> answers) {
    return [this, answers](const std::string&) -> Result<std::vector<IpAddress>> {
      ++asked_;
      std::vector<IpAddress> addresses;
      for (const std::string& text : answers) addresses.push_back(*parse_ip(text));
      return addresses;
    };
  }
  Result<std::vector<IpAddress>> resolve(const std::string& url, const std::vector<std::string>& answers,
                                         const std::vector<std::string>& allowed = {}) {
    return resolve_receiver(*parse_webhook_url(url), *AllowedReceivers::parse(allowed), dns(answers));
  }
  int asked_ = 0;
};

TEST_F(ReceiverTest, GivesThePublicAddressesOfANameAskedForOnce) {
  const auto addresses = resolve("https://hooks.example.com/", {"93.184.216.34", "2606:2800:220:1::1"});
  ASSERT_TRUE(addresses) << addresses.error().text();
  EXPECT_EQ(addresses->size(), 2u);
  EXPECT_EQ(asked_, 1);
}

TEST_F(ReceiverTest, RefusesANameOneOfWhoseAddressesIsNotPublic) {
  for (const char* inner : {"127.0.0.1", "10.0.0.5", "169.254.169.254", "::1", "::ffff:10.0.0.5", "fd00::1"}) {
    const auto refused = resolve("https://hooks.example.com/", {"93.184.216.34", inner});
    ASSERT_FALSE(refused) << inner;
    EXPECT_EQ(refused.error().code, ErrorCode::kHostile);
    EXPECT_THAT(refused.error().text(), Not(HasSubstr(inner))) << "what a name resolves to here is nobody's business";
  }
  EXPECT_EQ(resolve("https://hooks.example.com/", {}).error().code, ErrorCode::kUnavailable);
}

TEST_F(ReceiverTest, ReadsAnAddressInTheUrlWithoutDns) {
  for (const char* host : {"127.0.0.1", "2130706433", "0x7f.1", "0177.1", "[::1]", "[::ffff:127.0.0.1]", "0"}) {
    const std::string url = fmt::format("http://{}:8080/", host);
    EXPECT_EQ(resolve(url, {"93.184.216.34"}).error().code, ErrorCode::kHostile) << host;
    EXPECT_FALSE(check_literal(*parse_webhook_url(url), AllowedReceivers())) << host;
  }
  EXPECT_EQ(asked_, 0);
  EXPECT_TRUE(check_literal(*parse_webhook_url("http://localhost/"), AllowedReceivers()))
      << "known once it is resolved";
}

TEST_F(ReceiverTest, LetsThroughWhatTheConfigurationAllows) {
  EXPECT_TRUE(resolve("http://127.0.0.1/", {}, {"127.0.0.0/8"}));
  EXPECT_TRUE(resolve("http://[::ffff:127.0.0.1]/", {}, {"127.0.0.1"}));
  EXPECT_TRUE(resolve("http://Inner.example/", {"10.0.0.5"}, {"inner.EXAMPLE"}));
  EXPECT_FALSE(resolve("http://other.example/", {"10.0.0.5"}, {"inner.example"}));
  EXPECT_FALSE(resolve("http://other.example/", {"10.1.0.5", "10.2.0.5"}, {"10.1.0.0/16"}));
  for (const char* entry : {"", "http://inner.example", "10.0.0.0/40", "a b", "inner.example:80", "inner.example/x"})
    EXPECT_FALSE(AllowedReceivers::parse({entry})) << entry;
}

}  // namespace
}  // namespace modelport
