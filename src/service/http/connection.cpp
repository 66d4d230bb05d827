#include "service/http/connection.h"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <new>
#include <random>

#include "base/log.h"
#include "base/printable.h"
#include "service/http/ascii.h"
#include "service/http/framing.h"

namespace modelport {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr size_t kPieceBytes = 128 * 1024;
/// What a refused client may still send before its connection is reset; a reset too early would cost it the answer.
constexpr size_t kDrainBytes = 4 * 1024 * 1024;

std::string new_request_id() {
  thread_local std::mt19937_64 generator{std::random_device{}()};
  return fmt::format("{:016x}", generator());
}

/// Runs `work` on a worker thread and resumes here with what it returns.
template <class Work>
auto on_worker(asio::thread_pool& workers, Work work) -> asio::awaitable<decltype(work())> {
  using Value = decltype(work());
  auto coroutine = [](Work body) -> asio::awaitable<Value> { co_return body(); };
  co_return co_await asio::co_spawn(workers, coroutine(std::move(work)), asio::use_awaitable);
}

/// A piece of an open file; fewer bytes than asked for when it ends early or cannot be read.
std::string read_piece(int file, int64_t offset, size_t size) {
  std::string piece(size, '\0');
  size_t done = 0;
  while (done < size) {
    const ssize_t count = pread(file, piece.data() + done, size - done, offset + static_cast<int64_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    done += static_cast<size_t>(count);
  }
  piece.resize(done);
  return piece;
}

/// Lets an event source, on any thread, wake the connection that follows it, which may be gone.
struct Waker {
  explicit Waker(asio::io_context& io) : timer(io) {}
  void wake() {
    ready = true;
    timer.cancel();
  }
  asio::steady_timer timer;
  bool ready = false;
};

class HttpConnection : public Connection, public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(tcp::socket socket, std::string peer, ConnectionContext& context)
      : context_(context), stream_(std::move(socket)), peer_(std::move(peer)) {
    context_.metrics->connection_opened();
  }
  ~HttpConnection() override { context_.metrics->connection_closed(); }

  asio::awaitable<void> serve() {
    while (!context_.stopping && co_await serve_one()) {
    }
    error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_both, ignored);
    stream_.close();
  }

  void finish() override {
    finishing_ = true;
    if (follower_) follower_->wake();
    if (idle_) stream_.close();
  }
  void cut() override {
    if (follower_) follower_->wake();
    stream_.close();
    gone_ = true;
  }
  bool is_silent() const override { return is_silent_; }

 private:
  enum class Body { kComplete, kTooLarge, kFramingTooLong, kBroken };

  asio::awaitable<bool> serve_one() {
    if (!co_await wait_for_request()) co_return false;
    site_ = context_.site;
    const auto started = Clock::now();
    request_ = HttpRequest();
    request_.peer = peer_;
    request_.id = new_request_id();
    keep_alive_ = false;
    route_ = nullptr;
    HttpResponse response;
    if (co_await read_head(response)) co_await answer(response);
    complete_response(*site_, request_, response);
    const int status = response.status;
    const bool written = co_await write_response(response);
    report(status, started);
    if (written && !keep_alive_) co_await drain();
    co_return written&& keep_alive_ && !finishing_;
  }

  /// The first byte of a request.
  asio::awaitable<bool> wait_for_request() {
    if (buffer_.size() > 0) co_return true;
    idle_ = true;
    const HttpLimits& limits = context_.site->limits;
    stream_.expires_after(is_silent_ ? limits.header_time : limits.idle_time);
    const auto [code, count] = co_await stream_.async_read_some(buffer_.prepare(4096), kTuple);
    idle_ = false;
    is_silent_ = is_silent_ && count == 0;
    buffer_.commit(count);
    co_return !code && !finishing_;
  }

  /// False: `response` refuses what came.
  asio::awaitable<bool> read_head(HttpResponse& response) {
    parser_.emplace();
    parser_->header_limit(site_->limits.header_bytes);
    parser_->body_limit(boost::none);
    // What is neither head nor body (a chunk's extension, a trailer) has no other limit.
    buffer_.max_size(site_->limits.header_bytes + kPieceBytes);
    // The stream's own limit closes it, and nobody would hear of 408.
    stream_.expires_never();
    late_ = false;
    asio::steady_timer limit(context_.io, site_->limits.header_time);
    limit.async_wait([self = shared_from_this()](error_code ended) {
      if (ended) return;
      self->late_ = true;
      self->stream_.cancel();
    });
    const auto [code, count] = co_await http::async_read_header(stream_, buffer_, *parser_, kTuple);
    limit.cancel();
    if (code) {
      response = problem_response(
          late_ ? make_problem(408, "timeout", "the headers did not arrive in time") : head_problem(code), request_);
      co_return false;
    }
    const auto method = method_from_name(std::string_view(parser_->get().method_string()));
    auto target = parse_target(std::string_view(parser_->get().target()));
    if (target) request_.target = *std::move(target);
    for (const auto& field : parser_->get())
      request_.headers.push_back({ascii_lower(std::string_view(field.name_string())), std::string(field.value())});
    if (const auto length = parser_->content_length())
      request_.content_length = static_cast<int64_t>(std::min<uint64_t>(*length, INT64_MAX));
    if (parser_->get().version() < 10 || parser_->get().version() > 11) {
      response = problem_response(make_problem(505, "http_version", "this server speaks HTTP/1.1"), request_);
      co_return false;
    }
    if (!target) {
      response = problem_response(problem_from(target.error()), request_);
      co_return false;
    }
    if (const auto problem = check_framing(request_, version())) {
      response = problem_response(*problem, request_);
      co_return false;
    }
    request_.method = method.value_or(HttpMethod::kOther);
    co_return true;
  }

  HttpVersion version() const { return parser_->get().version() < 11 ? HttpVersion::k10 : HttpVersion::k11; }

  static Problem head_problem(const error_code& code) {
    if (code == http::error::header_limit)
      return make_problem(431, "headers_too_large", "the request line and headers are too long");
    return make_problem(400, "malformed_request", "this is not HTTP/1.1: " + code.message());
  }

  asio::awaitable<void> answer(HttpResponse& response) {
    if (const auto wait = context_.rate.admit(peer_, Clock::now())) {
      Problem problem = make_problem(429, "too_many_requests", "ask less often");
      problem.headers.push_back({"Retry-After", std::to_string(wait->count())});
      response = problem_response(problem, request_);
      co_return;
    }
    std::variant<const Route*, HttpResponse> admission;
    if (admission_may_wait(*site_, request_)) {
      admission = co_await on_worker(context_.workers, [this] { return admit(*site_, request_); });
    } else {
      admission = admit(*site_, request_);
    }
    if (auto* refusal = std::get_if<HttpResponse>(&admission)) {
      response = std::move(*refusal);
      keep_alive_ = parser_->keep_alive() && parser_->is_done();
      co_return;
    }
    route_ = std::get<const Route*>(admission);
    if (!co_await send_continue()) co_return;
    if (route_->open) {
      co_await receive_stream(response);
    } else {
      co_await receive_and_handle(response);
    }
  }

  asio::awaitable<bool> send_continue() {
    if (!equal_ignoring_case(request_.header("expect"), "100-continue") || parser_->is_done()) co_return true;
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    stream_.expires_after(site_->limits.stall_time);
    const auto [code, count] = co_await asio::async_write(stream_, asio::buffer(kContinue), kTuple);
    co_return !code;
  }

  asio::awaitable<void> receive_and_handle(HttpResponse& response) {
    Body outcome = Body::kComplete;
    while (outcome == Body::kComplete && !parser_->is_done()) {
      outcome = co_await read_piece_of_body();
      if (request_.body.size() + piece_size_ > site_->limits.json_bytes) outcome = Body::kTooLarge;
      if (outcome == Body::kComplete) request_.body.append(piece_.data(), piece_size_);
    }
    if (outcome != Body::kComplete) {
      response = body_problem(outcome, static_cast<int64_t>(site_->limits.json_bytes));
      co_return;
    }
    keep_alive_ = parser_->keep_alive();
    const bool is_quick = route_->lane == Route::Lane::kQuick;
    response = co_await on_worker(is_quick ? context_.quick_workers : context_.workers,
                                  [this] { return handle_request(*route_, request_); });
  }

  asio::awaitable<void> receive_stream(HttpResponse& response) {
    auto opened = co_await on_worker(context_.workers, [this] { return std::optional(route_->open(request_)); });
    if (!*opened) {
      response = error_response(opened->error(), request_);
      co_return;
    }
    std::unique_ptr<BodySink> sink = **std::move(opened);
    const int64_t limit = std::min(site_->limits.upload_bytes, route_->body_bytes);
    Body outcome = Body::kComplete;
    std::optional<Error> error;
    for (int64_t size = 0; outcome == Body::kComplete && !error && !parser_->is_done();) {
      outcome = co_await read_piece_of_body();
      size += static_cast<int64_t>(piece_size_);
      if (size > limit) outcome = Body::kTooLarge;
      if (outcome != Body::kComplete || piece_size_ == 0) continue;
      error = co_await on_worker(context_.workers, [&]() -> std::optional<Error> {
        const Status written = sink->write(std::as_bytes(std::span(piece_.data(), piece_size_)));
        return written ? std::nullopt : std::optional(written.error());
      });
    }
    if (error) {
      response = error_response(*error, request_);
    } else if (outcome != Body::kComplete) {
      response = body_problem(outcome, limit);
    } else {
      keep_alive_ = parser_->keep_alive();
      response = co_await on_worker(context_.workers, [&] { return sink->finish(); });
    }
    co_await on_worker(context_.workers, [&] {
      sink.reset();
      return true;
    });
  }

  asio::awaitable<Body> read_piece_of_body() {
    piece_.resize(kPieceBytes);
    auto& body = parser_->get().body();
    body.data = piece_.data();
    body.size = piece_.size();
    body.more = true;
    stream_.expires_after(site_->limits.stall_time);
    auto [code, count] = co_await http::async_read_some(stream_, buffer_, *parser_, kTuple);
    if (code == http::error::need_buffer) code = {};
    piece_size_ = kPieceBytes - body.size;
    if (code == http::error::buffer_overflow) co_return Body::kFramingTooLong;
    co_return code ? Body::kBroken : Body::kComplete;
  }

  HttpResponse body_problem(Body outcome, int64_t limit) {
    if (outcome == Body::kTooLarge)
      return problem_response(make_problem(413, "too_large", fmt::format("the body is at most {} bytes here", limit)),
                              request_);
    if (outcome == Body::kFramingTooLong)
      return problem_response(
          make_problem(400, "malformed_request", "a chunk's extension or the trailer is longer than any header may be"),
          request_);
    return problem_response(make_problem(400, "incomplete_body", "the body stopped before its end"), request_);
  }

  asio::awaitable<bool> write_response(HttpResponse& response) {
    auto* events = std::get_if<std::unique_ptr<BodySource>>(&response.body);
    if (finishing_ || (events != nullptr && version() == HttpVersion::k10)) keep_alive_ = false;
    const std::string head =
        response_head(response, version(), keep_alive_ ? ConnectionAfter::kKeepAlive : ConnectionAfter::kClose);
    if (!co_await write_all(head)) co_return false;
    if (request_.method == HttpMethod::kHead || response.status == 204 || response.status == 304) co_return true;
    if (const auto* text = std::get_if<std::string>(&response.body)) co_return co_await write_all(*text);
    if (const auto* file = std::get_if<FileBody>(&response.body)) co_return co_await write_file(*file);
    co_return co_await write_events(std::move(*events), version());
  }

  /// The time limit is one of standing still, so it starts anew with each piece.
  asio::awaitable<bool> write_all(std::string_view bytes) {
    while (!bytes.empty()) {
      const std::string_view piece = bytes.substr(0, kPieceBytes);
      stream_.expires_after(site_->limits.stall_time);
      const auto [code, count] = co_await asio::async_write(stream_, asio::buffer(piece), kTuple);
      if (code) co_return false;
      bytes.remove_prefix(piece.size());
    }
    co_return true;
  }

  asio::awaitable<bool> write_file(const FileBody& file) {
    for (int64_t done = 0; done < file.length;) {
      const auto size = static_cast<size_t>(std::min<int64_t>(kPieceBytes, file.length - done));
      const std::string piece =
          co_await on_worker(context_.workers, [&] { return read_piece(file.file.get(), file.offset + done, size); });
      // The length was promised: a file that ended early is told by closing before it.
      if (!co_await write_all(piece) || piece.size() < size) co_return false;
      done += static_cast<int64_t>(size);
    }
    co_return true;
  }

  asio::awaitable<bool> write_events(std::unique_ptr<BodySource> source, HttpVersion version) {
    context_.metrics->stream_opened();
    follower_ = std::make_shared<Waker>(context_.io);
    source->on_ready([&io = context_.io, follower = std::weak_ptr(follower_)] {
      asio::post(io, [follower] {
        if (const auto alive = follower.lock()) alive->wake();
      });
    });
    watch_for_end();
    bool written = true;
    for (auto state = BodySource::State::kMore; written && state != BodySource::State::kEnded;) {
      if (finishing_ || gone_) break;
      follower_->ready = false;
      BodySource::Batch batch = co_await on_worker(context_.workers, [&] { return source->next(); });
      state = batch.state;
      if (!batch.text.empty()) {
        written = co_await write_chunk(batch.text, version);
      } else if (state == BodySource::State::kWaiting && !co_await wait_for_events()) {
        written = co_await write_chunk(kKeepAliveFrame, version);
      }
    }
    co_await on_worker(context_.workers, [&] {
      source.reset();
      return true;
    });
    follower_.reset();
    context_.metrics->stream_closed();
    if (!written || gone_) co_return false;
    co_return version == HttpVersion::k10 || co_await write_all("0\r\n\r\n");
  }

  /// False when nothing came within the keep-alive time.
  asio::awaitable<bool> wait_for_events() {
    if (follower_->ready || finishing_ || gone_) co_return true;
    follower_->timer.expires_after(site_->limits.keep_alive_time);
    const auto [code] = co_await follower_->timer.async_wait(kTuple);
    co_return code || follower_->ready;
  }

  asio::awaitable<bool> write_chunk(std::string_view text, HttpVersion version) {
    if (version == HttpVersion::k10) co_return co_await write_all(text);
    const std::string chunk = fmt::format("{:x}\r\n{}\r\n", text.size(), text);
    co_return co_await write_all(chunk);
  }

  /// A client that follows events says nothing more; when it closes, its source is let go at once.
  void watch_for_end() {
    stream_.socket().async_wait(tcp::socket::wait_read, [self = weak_from_this()](error_code code) {
      const auto connection = self.lock();
      if (!connection || !connection->follower_ || code) return;
      char byte = 0;
      error_code ended;
      connection->stream_.socket().non_blocking(true, ended);
      const size_t count =
          connection->stream_.socket().receive(asio::buffer(&byte, 1), tcp::socket::message_peek, ended);
      if (count > 0) return;
      if (ended == asio::error::would_block) return connection->watch_for_end();
      connection->gone_ = true;
      connection->follower_->wake();
    });
  }

  /// Reads what a refused client is still sending, so that it gets to read the answer.
  asio::awaitable<void> drain() {
    error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    piece_.resize(kPieceBytes);
    stream_.expires_after(std::chrono::seconds(2));
    for (size_t drained = 0; drained < kDrainBytes;) {
      const auto [code, count] = co_await stream_.async_read_some(asio::buffer(piece_), kTuple);
      if (code) co_return;
      drained += count;
    }
  }

  void report(int status, Clock::time_point started) {
    const double seconds = std::chrono::duration<double>(Clock::now() - started).count();
    const std::string_view method = method_name(request_.method);
    context_.metrics->record(method, route_ == nullptr ? "" : route_->path, status, seconds);
    const bool changes = request_.method != HttpMethod::kGet && request_.method != HttpMethod::kHead;
    log_line(status >= 500              ? LogLevel::kWarning
             : changes || status >= 400 ? LogLevel::kInfo
                                        : LogLevel::kDebug,
             fmt::format("{} {} {} {} {:.3f} s, request {}", peer_, method, printable(request_.target.path), status,
                         seconds, request_.id));
  }

  ConnectionContext& context_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::buffer_body>> parser_;
  std::shared_ptr<const HttpSite> site_;  ///< Of this request, whatever replaces it meanwhile.
  HttpRequest request_;
  const Route* route_ = nullptr;
  std::shared_ptr<Waker> follower_;
  const std::string peer_;
  std::vector<char> piece_;
  size_t piece_size_ = 0;
  bool keep_alive_ = false;
  bool idle_ = false;
  bool is_silent_ = true;
  bool late_ = false;
  bool finishing_ = false;
  bool gone_ = false;
};

}  // namespace

std::shared_ptr<Connection> start_connection(tcp::socket socket, std::string peer, ConnectionContext& context,
                                             std::function<void()> on_end) {
  auto connection = std::make_shared<HttpConnection>(std::move(socket), std::move(peer), context);
  asio::co_spawn(
      context.io, [connection]() -> asio::awaitable<void> { co_await connection->serve(); },
      [on_end = std::move(on_end)](std::exception_ptr) { on_end(); });
  return connection;
}

}  // namespace modelport
