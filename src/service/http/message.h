#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "io/descriptor.h"
#include "service/http/event_stream.h"
#include "service/http/target.h"

namespace modelport {

enum class HttpMethod { kGet, kHead, kPost, kPut, kPatch, kDelete, kOptions, kOther };

/// "GET"; nothing for a method that the server does not know.
std::string_view method_name(HttpMethod method);
std::optional<HttpMethod> method_from_name(std::string_view name);

struct HttpHeader {
  std::string name;
  std::string value;
};

/// A request whose head has been read; `body` is filled before the handler runs unless the route takes a stream.
struct HttpRequest {
  HttpMethod method = HttpMethod::kGet;
  RequestTarget target;
  std::map<std::string, std::string, std::less<>> path_parameters;  ///< "{id}" of the route, decoded.
  std::vector<HttpHeader> headers;                                  ///< Names in lower case.
  std::optional<int64_t> content_length;                            ///< Absent for a chunked body.
  std::string body;
  std::string peer;  ///< The client's address, without its port.
  std::string id;    ///< Of this request, in the answer's X-Request-Id and in the log.

  /// The first value of a header (`name` in lower case), "" where there is none.
  std::string_view header(std::string_view name) const;
  size_t count_headers(std::string_view name) const;
  std::string_view path_parameter(std::string_view name) const;
};

/// Bytes of an open file: [offset, offset + length).
struct FileBody {
  Descriptor file;
  int64_t offset = 0;
  int64_t length = 0;
};

struct HttpResponse {
  int status = 200;
  std::vector<HttpHeader> headers;
  std::variant<std::string, FileBody, std::unique_ptr<BodySource>> body;

  void set(std::string name, std::string value);
  /// The value of a header (any case), "" where there is none.
  std::string_view header(std::string_view name) const;
};

HttpResponse json_response(int status, std::string text);
HttpResponse text_response(int status, std::string_view media_type, std::string text);

enum class ConnectionAfter { kKeepAlive, kClose };
enum class HttpVersion { k10, k11 };

/// Status line and headers as bytes, with the length (or chunked coding) of the body, and the empty line. Values lose
/// control characters: a name from a checkpoint cannot add a header.
std::string response_head(const HttpResponse& response, HttpVersion version, ConnectionAfter after);

}  // namespace modelport
