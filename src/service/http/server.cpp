#include "service/http/server.h"

#include <arpa/inet.h>

#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>

#include "base/log.h"
#include "service/http/ascii.h"
#include "service/http/connection.h"

namespace modelport {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

bool ListenAddress::is_loopback() const {
  error_code ignored;
  return asio::ip::make_address(host, ignored).is_loopback();
}

Result<ListenAddress> parse_listen_address(std::string_view text) {
  const size_t colon = text.rfind(':');
  std::string_view host = text.substr(0, std::min(colon, text.size()));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const auto port = colon == std::string_view::npos ? std::nullopt : number_from<uint16_t>(text.substr(colon + 1));
  error_code code;
  asio::ip::make_address(std::string(host), code);
  if (code || !port)
    return fail(ErrorCode::kInvalidArgument, "{} is not ADDRESS:PORT, such as 127.0.0.1:8080 or [::1]:8080", text);
  return ListenAddress{std::string(host), *port};
}

namespace {

constexpr unsigned kQuickWorkers = 4;
/// One address has a quarter of all connections before its silent ones make room.
constexpr size_t kShares = 4;

}  // namespace

struct HttpServer::State {
  State(std::shared_ptr<const HttpSite> site, std::shared_ptr<HttpMetrics> metrics, unsigned worker_count)
      : workers(worker_count),
        quick_workers(kQuickWorkers),
        acceptor(io),
        pause(io),
        deadline(io),
        context{io, workers, quick_workers, site, std::move(metrics), RateLimiter(site->rate), false} {}

  error_code bind(const ListenAddress& address) {
    error_code code;
    const tcp::endpoint endpoint(asio::ip::make_address(address.host, code), address.port);
    if (!code) acceptor.open(endpoint.protocol(), code);
    if (!code) acceptor.set_option(tcp::acceptor::reuse_address(true), code);
    if (!code && endpoint.address().is_v6()) acceptor.set_option(asio::ip::v6_only(false), code);
    if (!code) acceptor.bind(endpoint, code);
    if (!code) acceptor.listen(asio::socket_base::max_listen_connections, code);
    return code;
  }

  void accept() {
    acceptor.async_accept([this](error_code code, tcp::socket socket) {
      if (context.stopping) return;
      if (code) {
        // Out of descriptors, most likely: those that connections give back are worth waiting for.
        pause.expires_after(std::chrono::milliseconds(100));
        pause.async_wait([this](error_code) {
          if (!context.stopping) accept();
        });
        return;
      }
      take(std::move(socket));
      accept();
    });
  }

  void take(tcp::socket socket) {
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    const auto endpoint = socket.remote_endpoint(ignored);
    const std::string peer = endpoint.address().to_string();
    if (!has_room_for(peer)) {
      static constexpr std::string_view kFull =
          "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
      socket.non_blocking(true, ignored);
      socket.write_some(asio::buffer(kFull), ignored);
      return;
    }
    const uint64_t id = next_id++;
    ++by_peer[peer];
    connections[id] = {peer, start_connection(std::move(socket), peer, context, [this, id, peer] {
                         connections.erase(id);
                         if (--by_peer[peer] == 0) by_peer.erase(peer);
                         if (context.stopping && connections.empty()) deadline.cancel();
                       })};
  }

  /// Where all places are taken, or one address has its share of them, who has not said a word makes room: of that
  /// address the oldest, else of all.
  bool has_room_for(const std::string& peer) {
    const size_t most = context.site->limits.connections;
    const auto own = by_peer.find(peer);
    const bool has_share = own != by_peer.end() && own->second >= std::max<size_t>(1, most / kShares);
    const bool is_full = connections.size() >= most;
    if (!has_share && !is_full) return true;
    const auto cut_oldest_silent = [&](auto is_meant) {
      for (auto& [id, entry] : connections) {
        if (entry.is_cut || !entry.connection->is_silent() || !is_meant(entry)) continue;
        entry.is_cut = true;
        entry.connection->cut();
        return true;
      }
      return false;
    };
    if (cut_oldest_silent([&](const Entry& entry) { return entry.peer == peer; })) return true;
    // On loopback that is a proxy, with many clients behind one address.
    error_code ignored;
    if (!is_full) return asio::ip::make_address(peer, ignored).is_loopback();
    return cut_oldest_silent([](const Entry&) { return true; });
  }

  void stop(std::chrono::milliseconds grace) {
    if (context.stopping) return;
    context.stopping = true;
    error_code ignored;
    acceptor.close(ignored);
    pause.cancel();
    for (const auto& [id, entry] : connections) entry.connection->finish();
    deadline.expires_after(connections.empty() ? std::chrono::milliseconds(0) : grace);
    deadline.async_wait([this](error_code) {
      for (const auto& [id, entry] : connections) entry.connection->cut();
    });
  }

  asio::io_context io{1};
  asio::thread_pool workers, quick_workers;
  tcp::acceptor acceptor;
  asio::steady_timer pause, deadline;
  ConnectionContext context;
  struct Entry {
    std::string peer;
    std::shared_ptr<Connection> connection;
    bool is_cut = false;
  };
  std::map<uint64_t, Entry> connections;  ///< The oldest first.
  std::map<std::string, size_t> by_peer;
  uint64_t next_id = 0;
};

HttpServer::HttpServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
HttpServer::~HttpServer() = default;

Result<std::unique_ptr<HttpServer>> HttpServer::listen(const ListenAddress& address,
                                                       std::shared_ptr<const HttpSite> site,
                                                       std::shared_ptr<HttpMetrics> metrics, unsigned workers) {
  CHECK_OK(check_rules(site->access));
  auto state = std::make_unique<State>(std::move(site), std::move(metrics), workers);
  if (const error_code code = state->bind(address); code)
    return fail(ErrorCode::kUnavailable, "cannot listen on {}:{}: {}", address.host, address.port, code.message());
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

uint16_t HttpServer::port() const { return state_->acceptor.local_endpoint().port(); }

void HttpServer::run() {
  state_->accept();
  state_->io.run();
  state_->workers.join();
  state_->quick_workers.join();
}

void HttpServer::stop(std::chrono::milliseconds grace) {
  asio::post(state_->io, [this, grace] { state_->stop(grace); });
}

void HttpServer::replace_site(std::shared_ptr<const HttpSite> site) {
  asio::post(state_->io, [this, site = std::move(site)] {
    state_->context.rate = RateLimiter(site->rate);
    state_->context.site = site;
  });
}

}  // namespace modelport
