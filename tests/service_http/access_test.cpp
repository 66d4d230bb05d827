#include "service/http/access.h"

#include <gtest/gtest.h>

#include "base/sha256.h"

namespace modelport {
namespace {

HttpRequest request_with(std::vector<HttpHeader> headers, HttpMethod method = HttpMethod::kGet) {
  HttpRequest request;
  request.method = method;
  request.headers = std::move(headers);
  return request;
}

AccessRules rules_for_token(std::string_view token) {
  AccessRules rules;
  rules.token_digests = {sha256_hex(std::as_bytes(std::span(token)))};
  return rules;
}

int status_of(const std::optional<Problem>& problem) { return problem ? problem->status : 0; }

TEST(CheckToken, LetsInWhoHasOne) {
  const AccessRules rules = rules_for_token("secret");
  EXPECT_FALSE(check_token(rules, request_with({{"authorization", "Bearer secret"}})));
  EXPECT_FALSE(check_token(rules, request_with({{"authorization", "bearer  secret "}})));
  for (const char* header : {"Bearer secrets", "Bearer ", "Bearer", "Basic secret", "secret", "Bearer SECRET"}) {
    const auto problem = check_token(rules, request_with({{"authorization", header}}));
    ASSERT_EQ(status_of(problem), 401) << header;
    EXPECT_EQ(problem->detail.find("secret"), std::string::npos);
  }
  EXPECT_EQ(status_of(check_token(rules, request_with({}))), 401);
  EXPECT_FALSE(check_token(AccessRules(), request_with({})));
}

TEST(CheckOrigin, KnowsItsOwnNames) {
  AccessRules rules;
  rules.host_names = {"exports.example"};
  for (const char* host :
       {"127.0.0.1:8080", "localhost", "LOCALHOST:1", "[::1]:8080", "10.0.0.1", "exports.example:80"})
    EXPECT_FALSE(check_origin(rules, request_with({{"host", host}}))) << host;
  EXPECT_EQ(status_of(check_origin(rules, request_with({{"host", "rebound.example"}}))), 421);
  for (const char* host : {"a b", "a:b", "a/b", ":80", "[::1", "a@b"})
    EXPECT_EQ(status_of(check_origin(rules, request_with({{"host", host}}))), 400) << host;
  EXPECT_EQ(status_of(check_origin(rules, request_with({{"host", "localhost"}, {"host", "localhost"}}))), 400);
  rules.hosts = AccessRules::Hosts::kAny;
  EXPECT_FALSE(check_origin(rules, request_with({{"host", "rebound.example"}})));
}

TEST(CheckOrigin, RefusesOtherPagesThatWouldChangeSomething) {
  AccessRules rules;
  const std::vector<HttpHeader> foreign = {{"host", "localhost:8080"}, {"origin", "http://other.example"}};
  EXPECT_EQ(status_of(check_origin(rules, request_with(foreign, HttpMethod::kPost))), 403);
  EXPECT_EQ(status_of(check_origin(rules, request_with(foreign, HttpMethod::kDelete))), 403);
  EXPECT_FALSE(check_origin(rules, request_with(foreign, HttpMethod::kGet)));
  const std::vector<HttpHeader> own = {{"host", "localhost:8080"}, {"origin", "http://localhost:8080"}};
  EXPECT_FALSE(check_origin(rules, request_with(own, HttpMethod::kPost)));
  const std::vector<HttpHeader> opaque = {{"host", "localhost:8080"}, {"origin", "null"}};
  EXPECT_EQ(status_of(check_origin(rules, request_with(opaque, HttpMethod::kPost))), 403);
  rules.allowed_origins = {"http://other.example"};
  EXPECT_FALSE(check_origin(rules, request_with(foreign, HttpMethod::kPost)));
}

TEST(CorsHeaders, AreForAllowedOriginsOnly) {
  AccessRules rules;
  const HttpRequest request = request_with({{"origin", "http://other.example"}});
  EXPECT_TRUE(cors_headers(rules, request).empty());
  rules.allowed_origins = {"http://other.example"};
  const auto headers = cors_headers(rules, request);
  ASSERT_FALSE(headers.empty());
  EXPECT_EQ(headers[0].value, "http://other.example");
}

TEST(CheckRules, RefusesWhatCannotBeMeant) {
  AccessRules rules;
  rules.token_digests = {"secret"};
  EXPECT_FALSE(check_rules(rules));
  rules.token_digests.clear();
  for (const char* origin : {"*", "other.example", "https://", "https://a.example/", "https://*.example"}) {
    rules.allowed_origins = {origin};
    EXPECT_FALSE(check_rules(rules)) << origin;
  }
  rules.allowed_origins = {"https://a.example:8443"};
  EXPECT_TRUE(check_rules(rules));
}

}  // namespace
}  // namespace modelport
