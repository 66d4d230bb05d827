#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <string>

#include "base/result.h"

namespace modelport {

/// One HTTP request; its body is a piece of an open file or a text.
struct HttpTransfer {
  std::string method;
  std::string url;
  std::map<std::string, std::string> headers;
  std::string body;
  int body_file = -1;  ///< When open, the body is `body_bytes` of it from `body_offset` on.
  int64_t body_offset = 0, body_bytes = 0;
  std::chrono::seconds timeout{600};
  std::chrono::seconds stall{30};  ///< Without a byte for so long it is given up.
  std::string connect_to;          ///< "ADDRESS:PORT": the connection goes there, whatever the URL's host resolves to.
  size_t largest_body = size_t{16} << 20;                            ///< Of HttpReply::body.
  enum class Excess { kFails, kIsLeftOut } excess = Excess::kFails;  ///< What becomes of a larger one.
  std::function<bool()> should_stop;                                 ///< Asked about once a second.
};

struct HttpReply {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< Lower-case names.
  std::string body;
};

/// Sends it and waits for the reply, by libcurl, which is opened at run time. `sink` gets the body of a 2xx reply in
/// pieces in place of HttpReply::body; false ends the transfer. kUnavailable when there is no reply or no libcurl; no
/// redirect is followed and no proxy from the environment is asked.
Result<HttpReply> transfer(const HttpTransfer& request, const std::function<bool(std::string_view)>& sink = nullptr);

}  // namespace modelport
