#pragma once

#include <optional>

#include "service/http/problem.h"

namespace modelport {

/// What a head must not say about where its request ends and whom it is for, beyond what the parser refuses: a transfer
/// coding other than "chunked" alone (the parser takes a body that only ends in another one for none, so that what
/// follows would be read as the next request: RFC 9112, section 6.3), one in HTTP/1.0, and no Host in HTTP/1.1.
std::optional<Problem> check_framing(const HttpRequest& request, HttpVersion version);

}  // namespace modelport
