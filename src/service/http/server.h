#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "service/http/metrics.h"
#include "service/http/site.h"

namespace modelport {

struct ListenAddress {
  std::string host = "127.0.0.1";
  uint16_t port = 8080;  ///< 0: any free one.

  bool is_loopback() const;
};

/// "127.0.0.1:8080", "[::1]:8080"; the host is an address, not a name. kInvalidArgument.
Result<ListenAddress> parse_listen_address(std::string_view text);

/// HTTP/1.1 over TCP. One thread moves bytes; handlers, sinks and event sources run on worker threads. TLS and HTTP/2
/// are a reverse proxy's.
class HttpServer {
 public:
  /// Binds and listens. kUnavailable with the address and the reason.
  static Result<std::unique_ptr<HttpServer>> listen(const ListenAddress& address, std::shared_ptr<const HttpSite> site,
                                                    std::shared_ptr<HttpMetrics> metrics, unsigned workers);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  uint16_t port() const;

  /// Serves on this thread until stop() has run its course.
  void run();

  /// Accepts no more, ends event streams and idle connections, lets the requests under way finish within `grace`, then
  /// cuts them; run() returns. From any thread.
  void stop(std::chrono::milliseconds grace);

  /// What later requests are answered by. From any thread.
  void replace_site(std::shared_ptr<const HttpSite> site);

 private:
  struct State;
  explicit HttpServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace modelport
