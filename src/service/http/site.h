#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <variant>
#include <vector>

#include "service/http/access.h"
#include "service/http/rate_limit.h"
#include "service/http/route.h"

namespace modelport {

/// What one client may take of the server.
struct HttpLimits {
  uint32_t header_bytes = 16 * 1024;         ///< Request line and headers: 431.
  size_t json_bytes = 1024 * 1024;           ///< A JSON body: 413.
  int64_t upload_bytes = int64_t{16} << 30;  ///< A streamed body: 413.
  size_t connections = 1024;                 ///< At once; more are answered 503 and closed.
  std::chrono::milliseconds header_time{
      10'000};  ///< From a request's first byte to the end of its headers: 408; for a first byte.
  std::chrono::milliseconds stall_time{60'000};       ///< Without a byte of a body, in either direction.
  std::chrono::milliseconds idle_time{60'000};        ///< Between requests.
  std::chrono::milliseconds keep_alive_time{15'000};  ///< Between frames of an event stream that is quiet.
};

/// All that a server answers by; replaced as a whole when the configuration is read again.
struct HttpSite {
  std::vector<Route> routes;
  AccessRules access;
  HttpLimits limits;
  RateLimit rate;
};

/// The route that takes a request whose head was read (its path parameters are filled in), or the answer that refuses
/// it: 400, 401, 403, 404, 405, 413, 415, 421, and 204 for OPTIONS.
std::variant<const Route*, HttpResponse> admit(const HttpSite& site, HttpRequest& request);

/// Whether admit() asks what may stand in for a token, and so belongs on a worker thread.
bool admission_may_wait(const HttpSite& site, const HttpRequest& request);

/// Runs the route's handler; an answer also when that runs out of memory.
HttpResponse handle_request(const Route& route, const HttpRequest& request);

/// Adds what every answer carries: X-Request-Id, X-Content-Type-Options, Cache-Control, Content-Security-Policy where
/// the route gave none, and CORS.
void complete_response(const HttpSite& site, const HttpRequest& request, HttpResponse& response);

Problem make_problem(int status, std::string code, std::string detail);

}  // namespace modelport
