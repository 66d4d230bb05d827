#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <memory>
#include <string>

#include "service/http/metrics.h"
#include "service/http/site.h"

namespace modelport {

/// What the connections of a server share; touched on the thread of `io` alone, but for the threads and `metrics`.
struct ConnectionContext {
  boost::asio::io_context& io;
  boost::asio::thread_pool& workers;
  boost::asio::thread_pool& quick_workers;  ///< Of Route::Lane::kQuick.
  std::shared_ptr<const HttpSite> site;
  std::shared_ptr<HttpMetrics> metrics;
  RateLimiter rate;
  bool stopping = false;
};

/// One client. Alive until its coroutine has ended.
class Connection {
 public:
  virtual ~Connection() = default;
  /// Ends it now if it is between requests or follows events, else after its answer.
  virtual void finish() = 0;
  /// Ends it now.
  virtual void cut() = 0;
  /// Whether not one byte has come from its client yet.
  virtual bool is_silent() const = 0;
};

/// Starts to serve an accepted socket; `on_end` is called when it is over.
std::shared_ptr<Connection> start_connection(boost::asio::ip::tcp::socket socket, std::string peer,
                                             ConnectionContext& context, std::function<void()> on_end);

}  // namespace modelport
