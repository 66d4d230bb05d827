#include "service/http/server.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "raw_client.h"

namespace modelport {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kGet = "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// What the handlers of the tests share with them.
struct Shared {
  std::mutex mutex;
  std::condition_variable changed;
  bool released = false;
  std::atomic<int> waiting = 0, sinks_finished = 0, sinks_dropped = 0, sources = 0, batches = 0;
  std::function<void()> wake;
  std::string pending_events;
  bool events_ended = false;

  void release() {
    const std::lock_guard lock(mutex);
    released = true;
    changed.notify_all();
  }
  void say(std::string text) {
    const std::lock_guard lock(mutex);
    pending_events += text;
    if (wake) wake();
  }
  bool eventually(const std::function<bool()>& condition) {
    for (int i = 0; i < 2000; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(milliseconds(10));
    }
    return false;
  }
};

class CountingSink : public BodySink {
 public:
  explicit CountingSink(Shared& shared) : shared_(shared) {}
  ~CountingSink() override { ++(finished_ ? shared_.sinks_finished : shared_.sinks_dropped); }
  Status write(std::span<const std::byte> bytes) override {
    size_ += bytes.size();
    for (const std::byte b : bytes) sum_ += static_cast<unsigned>(b);
    if (size_ > 3'000'000) return fail(ErrorCode::kUnwritable, "/secret/path: disk full");
    return {};
  }
  HttpResponse finish() override {
    finished_ = true;
    return json_response(201, fmt::format("{{\"size\":{},\"sum\":{}}}", size_, sum_));
  }

 private:
  Shared& shared_;
  size_t size_ = 0, sum_ = 0;
  bool finished_ = false;
};

class TestSource : public BodySource {
 public:
  explicit TestSource(Shared& shared) : shared_(shared) { ++shared_.sources; }
  ~TestSource() override {
    const std::lock_guard lock(shared_.mutex);
    shared_.wake = nullptr;
    --shared_.sources;
  }
  void on_ready(std::function<void()> wake) override {
    const std::lock_guard lock(shared_.mutex);
    shared_.wake = std::move(wake);
  }
  Batch next() override {
    const std::lock_guard lock(shared_.mutex);
    ++shared_.batches;
    Batch batch{std::exchange(shared_.pending_events, ""), State::kWaiting};
    if (shared_.events_ended) batch.state = State::kEnded;
    return batch;
  }

 private:
  Shared& shared_;
};

/// Gives as much as it is asked for, for ever.
class EndlessSource : public BodySource {
 public:
  explicit EndlessSource(Shared& shared) : shared_(shared) {}
  void on_ready(std::function<void()>) override {}
  Batch next() override {
    ++shared_.batches;
    return {std::string(64 * 1024, 'x'), State::kMore};
  }

 private:
  Shared& shared_;
};

int memory_file(size_t size) {
  const int file = memfd_create("body", MFD_CLOEXEC);
  std::string text(size, 'x');
  for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i % 26);
  EXPECT_EQ(write(file, text.data(), size), static_cast<ssize_t>(size));
  return file;
}

std::vector<Route> test_routes(Shared& shared) {
  std::vector<Route> routes;
  routes.push_back({.method = HttpMethod::kGet, .path = "/hello", .handle = [](const HttpRequest&) {
                      return json_response(200, "hello");
                    }});
  routes.push_back({.method = HttpMethod::kPost,
                    .path = "/echo",
                    .handle = [](const HttpRequest& request) { return json_response(200, request.body); },
                    .request_schema = "Any"});
  routes.push_back({.method = HttpMethod::kGet, .path = "/wait", .handle = [&](const HttpRequest&) {
                      std::unique_lock lock(shared.mutex);
                      ++shared.waiting;
                      shared.changed.wait(lock, [&] { return shared.released; });
                      return json_response(200, "waited");
                    }});
  routes.push_back({.method = HttpMethod::kGet,
                    .path = "/quick",
                    .handle = [](const HttpRequest&) { return json_response(200, "quick"); },
                    .lane = Route::Lane::kQuick});
  routes.push_back({.method = HttpMethod::kPost, .path = "/upload", .open = [&](const HttpRequest&) {
                      return Result<std::unique_ptr<BodySink>>(std::make_unique<CountingSink>(shared));
                    }});
  routes.push_back({.method = HttpMethod::kGet, .path = "/file", .handle = [](const HttpRequest&) {
                      HttpResponse response;
                      response.body = FileBody{Descriptor(memory_file(500'000)), 26, 400'000};
                      return response;
                    }});
  routes.push_back({.method = HttpMethod::kGet, .path = "/short", .handle = [](const HttpRequest&) {
                      HttpResponse response;
                      response.body = FileBody{Descriptor(memory_file(10)), 0, 20};
                      return response;
                    }});
  routes.push_back({.method = HttpMethod::kGet, .path = "/events", .handle = [&](const HttpRequest&) {
                      HttpResponse response = text_response(200, "text/event-stream", "");
                      response.body = std::make_unique<TestSource>(shared);
                      return response;
                    }});
  routes.push_back({.method = HttpMethod::kGet, .path = "/endless", .handle = [&](const HttpRequest&) {
                      HttpResponse response = text_response(200, "text/plain", "");
                      response.body = std::make_unique<EndlessSource>(shared);
                      return response;
                    }});
  return routes;
}

class ServerTest : public testing::Test {
 protected:
  void start(HttpLimits limits = {}, RateLimit rate = {}) {
    auto site = std::make_shared<HttpSite>();
    site->routes = test_routes(shared_);
    site->limits = limits;
    site->rate = rate;
    auto server = HttpServer::listen({"127.0.0.1", 0}, site, metrics_, 4);
    ASSERT_TRUE(server) << server.error().text();
    server_ = *std::move(server);
    port_ = server_->port();
    thread_ = std::thread([this] { server_->run(); });
  }
  void TearDown() override {
    shared_.release();
    if (!server_) return;
    server_->stop(seconds(20));
    thread_.join();
  }
  std::string ask(std::string_view bytes) {
    RawClient client(port_);
    client.send(bytes);
    return client.read_answer();
  }

  Shared shared_;
  std::shared_ptr<HttpMetrics> metrics_ = std::make_shared<HttpMetrics>();
  std::unique_ptr<HttpServer> server_;
  std::thread thread_;
  uint16_t port_ = 0;
};

TEST_F(ServerTest, AnswersManyRequestsOnOneConnection) {
  start();
  RawClient client(port_);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(client.send(kGet));
    EXPECT_THAT(client.read_answer(), EndsWith("\r\n\r\nhello"));
  }
  client.send(std::string(kGet) + std::string(kGet));
  EXPECT_EQ(status_of(client.read_answer()), 200);
  EXPECT_EQ(status_of(client.read_answer()), 200);
  client.send("GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.read_all(), EndsWith("\r\n\r\nhello"));
}

TEST_F(ServerTest, AnswersHeadWithoutTheBody) {
  start();
  RawClient client(port_);
  client.send("HEAD /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(client.read_until("\r\n\r\n"), HasSubstr("Content-Length: 5"));
  client.send(kGet);
  EXPECT_THAT(client.read_answer(), EndsWith("hello"));
}

TEST_F(ServerTest, ReadsBodiesOfBothFramings) {
  start();
  EXPECT_THAT(
      ask("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\n[12]"),
      EndsWith("\r\n\r\n[12]"));
  EXPECT_THAT(ask("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: "
                  "chunked\r\n\r\n2\r\n[1\r\n2;ext=1\r\n2]\r\n0\r\nTrailer: x\r\n\r\n"),
              EndsWith("\r\n\r\n[12]"));
}

TEST_F(ServerTest, RefusesWhatIsTooLarge) {
  HttpLimits limits;
  limits.json_bytes = 1000;
  limits.upload_bytes = 2'000'000;
  start(limits);
  const std::string json = "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
  EXPECT_EQ(status_of(ask(json + "Content-Length: 1001\r\n\r\n")), 413);
  EXPECT_EQ(status_of(ask(json + "Transfer-Encoding: chunked\r\n\r\n3e9\r\n" + std::string(1001, 'x'))), 413);
  EXPECT_EQ(status_of(ask("GET /hello HTTP/1.1\r\nHost: localhost\r\nA: " + std::string(20'000, 'x') + "\r\n\r\n")),
            431);
  EXPECT_EQ(status_of(ask("GET /" + std::string(20'000, 'x') + " HTTP/1.1\r\n\r\n")), 431);
  EXPECT_EQ(status_of(ask("POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000001\r\n\r\n")), 413);
  const std::string piece = "80000\r\n" + std::string(0x80000, 'x') + "\r\n";
  EXPECT_EQ(status_of(ask("POST /upload HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + piece +
                          piece + piece + piece + piece)),
            413);
  EXPECT_TRUE(shared_.eventually([&] { return shared_.sinks_dropped == 1; }));
}

// What follows a head whose body has no certain end is never taken for a request.
TEST_F(ServerTest, ReadsNothingAfterABodyWithoutACertainEnd) {
  start();
  for (const std::string coding : {"chunked, identity", "identity", "gzip", "xchunked"}) {
    RawClient client(port_);
    client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: " +
                coding + "\r\n\r\n" + std::string(kGet));
    const std::string answers = client.read_all();
    EXPECT_EQ(status_of(answers), 501) << coding;
    EXPECT_EQ(answers.find("HTTP/1.1", 1), std::string::npos) << coding;
  }
}

// A chunk's extension and the trailer are neither head nor body, and are held in memory until they end.
TEST_F(ServerTest, BoundsWhatIsNeitherHeadNorBody) {
  start();
  const std::string head =
      " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string long_text(400'000, 'a');
  for (const std::string target : {"POST /echo", "POST /upload", "GET /hello"}) {
    for (const std::string& body : {"2;" + long_text, "2\r\n{}\r\n0\r\nA: " + long_text}) {
      RawClient client(port_);
      client.send(target + head + body);
      EXPECT_EQ(status_of(client.read_all()), 400) << target << " " << body.substr(0, 20);
    }
  }
}

TEST_F(ServerTest, SurvivesWhatIsNotHttp) {
  start();
  for (const std::string& text :
       {std::string("\r\n\r\n\r\n"), std::string("GET\r\n\r\n"), std::string("GET /hello HTTP/3.0\r\n\r\n"),
        std::string("GET /hello HTTP/1.1\r\nHost localhost\r\n\r\n"), std::string("\x16\x03\x01\x02\x00\x01\x00", 7),
        std::string("GET /hello HTTP/1.1\r\nHost: localhost\r\n folded: x\r\n\r\n\r\n"),
        std::string("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n"),
        std::string("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx"),
        std::string("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n"),
        std::string(
            "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"),
        std::string("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: "
                    "chunked\r\n\r\nzz\r\n"),
        std::string("GET /hello HTTP/1.1\r\nA\0B: x\r\n\r\n", 32),
        std::string("GET http://localhost/hello HTTP/1.1\r\n\r\n"),
        std::string("TRACE /hello HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")}) {
    RawClient client(port_);
    client.send(text);
    const int status = status_of(client.read_until("\r\n\r\n"));
    EXPECT_TRUE(status >= 400 && status < 506) << status << " for " << text;
  }
  EXPECT_EQ(status_of(ask(kGet)), 200);
}

TEST_F(ServerTest, WaitsForSlowHeadersOnlySoLong) {
  HttpLimits limits;
  limits.header_time = milliseconds(200);
  limits.idle_time = milliseconds(200);
  start(limits);
  RawClient slow(port_), silent(port_);
  slow.send("GET /hello HTTP/1.1\r\n");
  EXPECT_EQ(status_of(slow.read_all()), 408);
  EXPECT_EQ(silent.read_all(), "");
}

TEST_F(ServerTest, StreamsAnUploadIntoItsSink) {
  start();
  RawClient client(port_);
  client.send("POST /upload HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 1000000\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  for (int i = 0; i < 10; ++i) client.send(std::string(100'000, '\x01'));
  EXPECT_THAT(client.read_answer(), EndsWith("{\"size\":1000000,\"sum\":1000000}"));
  EXPECT_EQ(shared_.sinks_finished, 1);
  client.send(kGet);
  EXPECT_EQ(status_of(client.read_answer()), 200);
}

TEST_F(ServerTest, DropsTheSinkOfAnUploadThatBreaksOff) {
  start();
  {
    RawClient client(port_);
    client.send("POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nabc");
  }
  EXPECT_TRUE(shared_.eventually([&] { return shared_.sinks_dropped == 1; }));
  EXPECT_EQ(shared_.sinks_finished, 0);
}

TEST_F(ServerTest, TellsAClientThatStillSendsWhatFailed) {
  start();
  RawClient client(port_);
  client.send("POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8000000\r\n\r\n");
  client.send(std::string(5'000'000, 'x'));
  const std::string answer = client.read_answer();
  EXPECT_EQ(status_of(answer), 507);
  EXPECT_THAT(answer, Not(HasSubstr("/secret")));
}

TEST_F(ServerTest, SendsAPartOfAFile) {
  start();
  const std::string answer = ask("GET /file HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const std::string body = answer.substr(answer.find("\r\n\r\n") + 4);
  ASSERT_EQ(body.size(), 400'000u);
  for (size_t i = 0; i < body.size(); ++i) ASSERT_EQ(body[i], static_cast<char>('a' + i % 26));
}

TEST_F(ServerTest, ShowsThatAFileEndedEarly) {
  start();
  const std::string answer = ask("GET /short HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Content-Length: 20"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\nabcdefghij"));
}

TEST_F(ServerTest, FollowsEvents) {
  HttpLimits limits;
  limits.keep_alive_time = milliseconds(50);
  start(limits);
  RawClient client(port_);
  client.send("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(client.read_until("\r\n\r\n"), HasSubstr("Transfer-Encoding: chunked"));
  EXPECT_THAT(client.read_until("keep-alive\n\n\r\n"), HasSubstr(": keep-alive"));
  shared_.say("data: one\n\n");
  EXPECT_THAT(client.read_until("data: one\n\n"), HasSubstr("b\r\n"));
  {
    const std::lock_guard lock(shared_.mutex);
    shared_.events_ended = true;
  }
  shared_.say("data: two\n\n");
  EXPECT_THAT(client.read_until("0\r\n\r\n"), EndsWith("data: two\n\n\r\n0\r\n\r\n"));
  client.send(kGet);
  EXPECT_EQ(status_of(client.read_answer()), 200);
}

TEST_F(ServerTest, LetsASourceGoWhenItsReaderLeaves) {
  start();
  {
    RawClient client(port_);
    client.send("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    client.read_until("\r\n\r\n");
    EXPECT_EQ(shared_.sources, 1);
  }
  EXPECT_TRUE(shared_.eventually([&] { return shared_.sources == 0; }));
}

TEST_F(ServerTest, AsksASourceForNoMoreThanIsTaken) {
  start();
  RawClient client(port_);
  client.send("GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n");
  client.read_until("\r\n\r\n");
  int before = -1;
  EXPECT_TRUE(shared_.eventually([&] {
    const bool still = shared_.batches == before;
    before = shared_.batches;
    std::this_thread::sleep_for(milliseconds(100));
    return still;
  }));
  EXPECT_LT(shared_.batches, 1000);
  client.close();
}

TEST_F(ServerTest, LetsRequestsEndWhenItStops) {
  start();
  RawClient client(port_), follower(port_), idle(port_);
  client.send("GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n");
  follower.send("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  follower.read_until("\r\n\r\n");
  idle.send(kGet);
  idle.read_answer();
  ASSERT_TRUE(shared_.eventually([&] { return shared_.waiting == 1; }));
  server_->stop(seconds(20));
  EXPECT_EQ(idle.read_all(), "");
  EXPECT_THAT(follower.read_all(), EndsWith("0\r\n\r\n"));
  RawClient late(port_);
  late.send(kGet);
  EXPECT_EQ(late.read_all(), "");
  shared_.release();
  const std::string answer = client.read_all();
  EXPECT_THAT(answer, EndsWith("waited"));
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
}

TEST_F(ServerTest, LimitsHowOftenAClientAsks) {
  start({}, {0.001, 2});
  EXPECT_EQ(status_of(ask(kGet)), 200);
  EXPECT_EQ(status_of(ask(kGet)), 200);
  const std::string answer = ask(kGet);
  EXPECT_EQ(status_of(answer), 429);
  EXPECT_THAT(answer, HasSubstr("Retry-After: "));
}

TEST_F(ServerTest, AnswersQuickRoutesWhenAllOtherThreadsAreTaken) {
  start();
  std::vector<std::unique_ptr<RawClient>> waiting;
  for (int i = 0; i < 8; ++i) {
    waiting.push_back(std::make_unique<RawClient>(port_));
    waiting.back()->send("GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }
  ASSERT_TRUE(shared_.eventually([&] { return shared_.waiting == 4; })) << "it has four threads";
  EXPECT_EQ(status_of(ask("GET /quick HTTP/1.1\r\nHost: localhost\r\n\r\n")), 200);
}

TEST_F(ServerTest, LetsSilentConnectionsMakeRoom) {
  HttpLimits limits;
  limits.connections = 8;
  start(limits);
  std::vector<std::unique_ptr<RawClient>> silent;
  for (int i = 0; i < 40; ++i) silent.push_back(std::make_unique<RawClient>(port_));
  EXPECT_EQ(status_of(ask(kGet)), 200);
}

TEST_F(ServerTest, EndsAConnectionThatNeverSaysAWord) {
  HttpLimits limits;
  limits.header_time = milliseconds(50);
  start(limits);
  EXPECT_EQ(RawClient(port_).read_all(), "");
}

TEST_F(ServerTest, LimitsHowManyConnectionsThereAre) {
  HttpLimits limits;
  limits.connections = 2;
  start(limits);
  RawClient first(port_), second(port_);
  first.send(kGet);
  first.read_answer();
  second.send(kGet);
  second.read_answer();
  EXPECT_EQ(status_of(RawClient(port_).read_all()), 503);
  first.close();
  EXPECT_TRUE(shared_.eventually([&] { return status_of(ask(kGet)) == 200; }));
}

TEST_F(ServerTest, AnswersByTheNewSiteOnceItIsReplaced) {
  start();
  auto site = std::make_shared<HttpSite>();
  site->routes = test_routes(shared_);
  site->routes.erase(site->routes.begin());
  RawClient client(port_);
  client.send(kGet);
  EXPECT_EQ(status_of(client.read_answer()), 200);
  server_->replace_site(site);
  client.send(kGet);
  EXPECT_EQ(status_of(client.read_answer()), 404);
}

TEST_F(ServerTest, CountsWhatItAnswers) {
  start();
  ask(kGet);
  ask("GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(shared_.eventually([&] {
    const std::string text = metrics_->text();
    return text.find("modelport_http_requests_total{method=\"GET\",route=\"/hello\",status=\"200\"} 1\n") !=
               text.npos &&
           text.find("modelport_http_requests_total{method=\"GET\",route=\"\",status=\"404\"} 1\n") != text.npos &&
           text.find("modelport_http_request_seconds_count{route=\"/hello\"} 1\n") != text.npos &&
           text.find("modelport_http_connections 0\n") != text.npos;
  }));
}

TEST(ListenAddress, IsAnAddressAndAPort) {
  EXPECT_EQ(parse_listen_address("127.0.0.1:80")->port, 80);
  EXPECT_EQ(parse_listen_address("[::1]:8080")->host, "::1");
  EXPECT_TRUE(parse_listen_address("[::1]:8080")->is_loopback());
  EXPECT_FALSE(parse_listen_address("0.0.0.0:0")->is_loopback());
  for (const char* text : {"", "8080", "localhost:8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "1.2.3:4"})
    EXPECT_FALSE(parse_listen_address(text)) << text;
}

TEST(HttpServer, SaysWhyItCannotListen) {
  const auto first =
      HttpServer::listen({"127.0.0.1", 0}, std::make_shared<HttpSite>(), std::make_shared<HttpMetrics>(), 1);
  ASSERT_TRUE(first);
  const auto second = HttpServer::listen({"127.0.0.1", (*first)->port()}, std::make_shared<HttpSite>(),
                                         std::make_shared<HttpMetrics>(), 1);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().text(), HasSubstr("in use"));
}

}  // namespace
}  // namespace modelport
