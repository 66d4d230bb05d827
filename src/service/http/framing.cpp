#include "service/http/framing.h"

#include "service/http/ascii.h"
#include "service/http/site.h"

namespace modelport {

std::optional<Problem> check_framing(const HttpRequest& request, HttpVersion version) {
  if (request.count_headers("transfer-encoding") > 0) {
    if (version == HttpVersion::k10)
      return make_problem(400, "malformed_request", "HTTP/1.0 has no Transfer-Encoding; send Content-Length");
    if (!equal_ignoring_case(trimmed(request.header("transfer-encoding")), "chunked"))
      return make_problem(501, "transfer_encoding", "the only Transfer-Encoding here is chunked");
  }
  if (version == HttpVersion::k11 && request.count_headers("host") == 0)
    return make_problem(400, "invalid_host", "HTTP/1.1 needs a Host header");
  return std::nullopt;
}

}  // namespace modelport
