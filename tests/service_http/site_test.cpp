#include "service/http/site.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "base/sha256.h"

namespace modelport {
namespace {

using testing::HasSubstr;
using testing::Not;

HttpResponse hello(const HttpRequest&) { return json_response(200, "{}"); }

HttpSite small_site() {
  HttpSite site;
  site.routes.push_back({.method = HttpMethod::kGet, .path = "/jobs/{id}", .operation = "getJob", .handle = hello});
  site.routes.push_back(
      {.method = HttpMethod::kPost, .path = "/jobs", .operation = "make", .handle = hello, .request_schema = "Job"});
  site.routes.push_back({.method = HttpMethod::kGet,
                         .path = "/healthz",
                         .operation = "health",
                         .handle = hello,
                         .access = Route::Access::kOpen});
  site.limits.json_bytes = 100;
  return site;
}

HttpRequest request_for(HttpMethod method, std::string_view target, std::vector<HttpHeader> headers = {}) {
  HttpRequest request;
  request.method = method;
  request.target = *parse_target(target);
  request.headers = std::move(headers);
  request.id = "r1";
  return request;
}

/// Status of the refusal, 0 where the request is let in.
int refusal(const HttpSite& site, HttpRequest request) {
  const auto admission = admit(site, request);
  const auto* response = std::get_if<HttpResponse>(&admission);
  return response == nullptr ? 0 : response->status;
}

TEST(Admit, FillsInWhatTheBracesTook) {
  const HttpSite site = small_site();
  HttpRequest request = request_for(HttpMethod::kGet, "/jobs/a%2Db");
  const auto admission = admit(site, request);
  ASSERT_TRUE(std::holds_alternative<const Route*>(admission));
  EXPECT_EQ(request.path_parameter("id"), "a-b");
}

TEST(Admit, AnswersWithTheValidMethods) {
  const HttpSite site = small_site();
  HttpRequest request = request_for(HttpMethod::kDelete, "/jobs/7");
  const auto admission = admit(site, request);
  const auto& response = std::get<HttpResponse>(admission);
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.header("Allow"), "GET, HEAD, OPTIONS");
  const auto problem = parse_json(std::get<std::string>(response.body), ErrorCode::kDamaged);
  ASSERT_TRUE(problem);
  EXPECT_EQ((*problem)["code"], "method_not_allowed");
  EXPECT_EQ((*problem)["instance"], "/jobs/7");
  EXPECT_EQ((*problem)["valid_values"], Json::array({"GET", "HEAD"}));
  EXPECT_EQ(refusal(site, request_for(HttpMethod::kOther, "/jobs/7")), 405);
  EXPECT_EQ(refusal(site, request_for(HttpMethod::kGet, "/nothing")), 404);
  EXPECT_EQ(refusal(site, request_for(HttpMethod::kOptions, "/jobs")), 204);
  EXPECT_EQ(refusal(site, request_for(HttpMethod::kOptions, "/nothing")), 404);
}

TEST(Admit, AsksForTheTokenBeforeItSaysWhatThereIs) {
  HttpSite site = small_site();
  site.access.token_digests = {sha256_hex({})};
  EXPECT_EQ(refusal(site, request_for(HttpMethod::kGet, "/jobs/7")), 401);
  EXPECT_EQ(refusal(site, request_for(HttpMethod::kGet, "/nothing")), 401);
  EXPECT_EQ(refusal(site, request_for(HttpMethod::kGet, "/healthz")), 0);
}

TEST(Admit, ChecksTheBodyBeforeReadingIt) {
  const HttpSite site = small_site();
  HttpRequest request = request_for(HttpMethod::kPost, "/jobs", {{"content-type", "Application/JSON; charset=utf-8"}});
  request.content_length = 100;
  EXPECT_EQ(refusal(site, request), 0);
  request.content_length = 101;
  EXPECT_EQ(refusal(site, request), 413);
  request = request_for(HttpMethod::kPost, "/jobs", {{"content-type", "text/plain"}});
  request.content_length = 5;
  EXPECT_EQ(refusal(site, request), 415);
}

TEST(ProblemFrom, KeepsTheMachineToItself) {
  const HttpRequest request = request_for(HttpMethod::kGet, "/jobs/7");
  const HttpResponse full = error_response(fail(ErrorCode::kUnwritable, "/srv/data/jobs.db: disk full"), request);
  EXPECT_EQ(full.status, 507);
  EXPECT_THAT(std::get<std::string>(full.body), Not(HasSubstr("/srv")));
  EXPECT_EQ(full.header("Retry-After"), "5");
  const HttpResponse away = error_response(fail(ErrorCode::kUnavailable, "no server at /run/postgresql"), request);
  EXPECT_EQ(away.status, 503);
  EXPECT_THAT(std::get<std::string>(away.body), Not(HasSubstr("/run/")));
  EXPECT_EQ(away.header("Retry-After"), "5");
  const HttpResponse missing = error_response(fail(ErrorCode::kNotFound, "there is no job 7"), request);
  EXPECT_EQ(missing.status, 404);
  EXPECT_THAT(std::get<std::string>(missing.body), HasSubstr("there is no job 7"));
  EXPECT_EQ(missing.header("Content-Type"), "application/problem+json");
}

TEST(HandleRequest, AnswersWhenMemoryIsOut) {
  Route route{.method = HttpMethod::kGet, .path = "/", .operation = "eat"};
  route.handle = [](const HttpRequest&) -> HttpResponse { throw std::bad_alloc(); };
  EXPECT_EQ(handle_request(route, request_for(HttpMethod::kGet, "/")).status, 503);
}

TEST(CompleteResponse, LeavesARoutesOwnPolicy) {
  HttpResponse response = json_response(200, "{}");
  response.set("Content-Security-Policy", "default-src 'self'");
  complete_response(small_site(), request_for(HttpMethod::kGet, "/"), response);
  EXPECT_EQ(response.header("Content-Security-Policy"), "default-src 'self'");
  EXPECT_EQ(response.header("X-Request-Id"), "r1");
  EXPECT_EQ(response.header("Cache-Control"), "no-store");
  EXPECT_EQ(response.header("Access-Control-Allow-Origin"), "");
}

}  // namespace
}  // namespace modelport
