#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace modelport {

/// A client that sends any bytes, well-formed or not.
class RawClient {
 public:
  explicit RawClient(uint16_t port);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  /// False when the server does not take it (any more).
  bool send(std::string_view bytes);
  void close();
  /// What comes until `end` has come, the server closes or 20 s are over.
  std::string read_until(std::string_view end);
  /// What comes until the server closes.
  std::string read_all();
  /// One answer with Content-Length: head and body.
  std::string read_answer();

 private:
  int socket_ = -1;
  std::string pending_;
};

/// The status code of an answer, 0 where there is none.
int status_of(std::string_view answer);

}  // namespace modelport
