#include "service/http/route.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace modelport {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<Route> two_routes() {
  std::vector<Route> routes;
  routes.push_back({HttpMethod::kGet, "/jobs/{id}", "getJob", "One job.", {}});
  routes.push_back({HttpMethod::kDelete, "/jobs/{id}", "deleteJob", "Removes it.", {}});
  return routes;
}

RouteMatch match(const std::vector<Route>& routes, HttpMethod method, std::vector<std::string> segments) {
  return match_route(routes, method, segments);
}

TEST(MatchRoute, FindsByMethodAndPath) {
  const auto routes = two_routes();
  const RouteMatch found = match(routes, HttpMethod::kDelete, {"jobs", "7"});
  ASSERT_NE(found.route, nullptr);
  EXPECT_EQ(found.route->operation, "deleteJob");
  EXPECT_EQ(found.parameters.at("id"), "7");
  EXPECT_EQ(match(routes, HttpMethod::kHead, {"jobs", "7"}).route->operation, "getJob");
}

TEST(MatchRoute, TakesIdentifiersOnlyForAnId) {
  auto routes = two_routes();
  routes.push_back({HttpMethod::kGet, "/training/{name}", "getTraining", "One.", {}});
  for (const char* id : {"../x", "a b", "a.b", "a/b"})
    EXPECT_EQ(match(routes, HttpMethod::kGet, {"jobs", id}).route, nullptr);
  EXPECT_EQ(match(routes, HttpMethod::kGet, {"jobs", std::string(129, 'a')}).route, nullptr);
  EXPECT_EQ(match(routes, HttpMethod::kGet, {"training", "a/b c"}).parameters.at("name"), "a/b c");
}

TEST(MatchRoute, TellsNoPathFromNoMethod) {
  const auto routes = two_routes();
  EXPECT_TRUE(match(routes, HttpMethod::kGet, {"jobs"}).allowed.empty());
  EXPECT_TRUE(match(routes, HttpMethod::kGet, {"jobs", ""}).allowed.empty());
  EXPECT_TRUE(match(routes, HttpMethod::kGet, {"jobs", "7", ""}).allowed.empty());
  EXPECT_THAT(match(routes, HttpMethod::kPut, {"jobs", "7"}).allowed,
              ElementsAre(HttpMethod::kGet, HttpMethod::kHead, HttpMethod::kDelete));
}

Route route_with_parameters() {
  Route route{HttpMethod::kGet, "/jobs", "listJobs", "Jobs.", {}};
  route.parameters = {
      {.name = "status", .description = "", .values = {"pending", "failed"}},
      {.name = "limit", .description = "", .type = Parameter::Type::kInteger, .minimum = 1, .maximum = 200},
      {.name = "download", .description = "", .type = Parameter::Type::kFlag},
      {.in = Parameter::In::kHeader, .name = "Last-Event-ID", .description = "", .type = Parameter::Type::kInteger}};
  return route;
}

std::optional<Problem> check(std::string_view target, std::vector<HttpHeader> headers = {}) {
  HttpRequest request;
  request.target = *parse_target(target);
  request.headers = std::move(headers);
  return check_parameters(route_with_parameters(), request);
}

TEST(CheckParameters, TakesWhatTheRowSays) {
  EXPECT_FALSE(check("/jobs?status=failed&limit=200&download=true", {{"last-event-id", "5"}}));
  EXPECT_FALSE(check("/jobs"));
}

TEST(CheckParameters, SaysWhatWouldBeValid) {
  const auto unknown = check("/jobs?stat=failed");
  ASSERT_TRUE(unknown);
  EXPECT_EQ(unknown->parameter, "stat");
  EXPECT_THAT(unknown->detail, HasSubstr("did you mean status?"));
  EXPECT_THAT(unknown->valid_values, ElementsAre("status", "limit", "download"));
  EXPECT_THAT(check("/jobs?status=done")->valid_values, ElementsAre("pending", "failed"));
  EXPECT_THAT(check("/jobs?limit=0")->detail, HasSubstr("from 1 to 200"));
  EXPECT_TRUE(check("/jobs?limit=1.5"));
  EXPECT_TRUE(check("/jobs?limit="));
  EXPECT_TRUE(check("/jobs?download=yes"));
  EXPECT_TRUE(check("/jobs?limit=1&limit=2"));
  EXPECT_TRUE(check("/jobs", {{"last-event-id", "x"}}));
  EXPECT_TRUE(check("/jobs", {{"last-event-id", "1"}, {"last-event-id", "2"}}));
}

}  // namespace
}  // namespace modelport
