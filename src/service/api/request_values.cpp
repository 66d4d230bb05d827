#include "service/api/handlers.h"
#include "service/http/ascii.h"

namespace modelport {

HttpResponse json_answer(const Json& document, int status) { return json_response(status, print_json(document)); }

bool wants_events(const HttpRequest& request) {
  return request.header("accept").find("text/event-stream") != std::string_view::npos;
}

int64_t integer_parameter(const HttpRequest& request, std::string_view name, int64_t otherwise) {
  const auto text = request.target.parameter(name);
  return text ? number_from<int64_t>(*text).value_or(otherwise) : otherwise;
}

std::string text_parameter(const HttpRequest& request, std::string_view name) {
  return std::string(request.target.parameter(name).value_or(""));
}

}  // namespace modelport
