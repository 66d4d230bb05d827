#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "service/http/message.h"
#include "service/http/problem.h"

namespace modelport {

/// A query parameter or header that a route takes; what a row says is checked before its handler runs and is what
/// /openapi.json says.
struct Parameter {
  enum class In { kQuery, kHeader } in = In::kQuery;
  std::string_view name;  ///< A header's in its usual spelling.
  std::string_view description;
  enum class Type { kText, kInteger, kFlag } type = Type::kText;
  std::vector<std::string> values = {};  ///< Of a text: the valid ones; empty: any.
  int64_t minimum = 0;                   ///< Of an integer.
  int64_t maximum = INT64_MAX;
};

/// Receives a body while it arrives. Destroyed before finish(), it undoes what it did.
class BodySink {
 public:
  virtual ~BodySink() = default;
  virtual Status write(std::span<const std::byte> bytes) = 0;
  /// After the last byte: the answer.
  virtual HttpResponse finish() = 0;
};

/// One answer that a route gives, for /openapi.json.
struct Answer {
  int status;
  std::string_view description;
  std::string_view media_type = "application/json";
  std::string_view schema = "";  ///< Name under components/schemas; empty: no schema.
};

/// One row of the table of routes.
struct Route {
  HttpMethod method;  ///< kGet answers HEAD too.
  /// "/export/jobs/{id}": "{id}" takes letters, digits, "-" and "_"; another braced name takes any one segment.
  std::string_view path;
  std::string_view operation;  ///< operationId.
  std::string_view summary;
  std::vector<Answer> answers;  ///< Beside problem+json, which every route may answer.
  /// Runs on a worker thread; null where `open` is set.
  std::function<HttpResponse(const HttpRequest&)> handle = nullptr;
  std::vector<Parameter> parameters = {};
  /// Schema name of a JSON body; "" where the route takes none.
  std::string_view request_schema = "";
  /// For a body that is not JSON: opens what receives it, on a worker thread.
  std::function<Result<std::unique_ptr<BodySink>>(const HttpRequest&)> open = nullptr;
  /// Of a body that `open` receives, where it may be less than the site's limit of an upload.
  int64_t body_bytes = INT64_MAX;
  enum class Access { kToken, kOpen } access = Access::kToken;
  /// Which threads its handler runs on.
  enum class Lane {
    kGeneral,  ///< Those of all requests.
    kQuick,    ///< A few of their own, which nothing long may occupy: it reads little and waits for nobody.
  } lane = Lane::kGeneral;
  /// What may stand in for a token where one is needed and not given, on a worker thread; null: nothing.
  std::function<bool(const HttpRequest&)> lets_in = nullptr;
  enum class Documented { kYes, kNo } documented = Documented::kYes;
};

/// The route for a method and path, and what its braces took; or 404, or 405 with Allow.
struct RouteMatch {
  const Route* route = nullptr;
  std::map<std::string, std::string, std::less<>> parameters;
  std::vector<HttpMethod> allowed;  ///< Of the routes with this path, where `route` is null.
};
RouteMatch match_route(std::span<const Route> routes, HttpMethod method, std::span<const std::string> segments);

/// The segments of a route's path, as parse_target gives them.
std::vector<std::string_view> path_segments(std::string_view path);

/// What of the query and headers the row forbids: an unknown name (with the nearest), a repeated one, a value out of
/// its list or bounds.
std::optional<Problem> check_parameters(const Route& route, const HttpRequest& request);

}  // namespace modelport
