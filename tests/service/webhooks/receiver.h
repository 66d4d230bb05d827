#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace modelport {

/// What came to a Receiver.
struct ReceivedRequest {
  std::string path;
  std::map<std::string, std::string> headers;  ///< Lower-case names.
  std::string body;
};

/// An HTTP server on a loopback port. `answer` writes to the connection what it likes.
class Receiver {
 public:
  using Answer = std::function<void(int connection, const ReceivedRequest& request)>;

  explicit Receiver(Answer answer) : answer_(std::move(answer)) {
    listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listening_, reinterpret_cast<const sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listening_, 64), 0);
    EXPECT_EQ(::getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    accepting_ = std::thread([this] { accept_all(); });
  }
  ~Receiver() {
    is_ending_ = true;
    ::shutdown(listening_, SHUT_RDWR);
    accepting_.join();
    for (std::thread& thread : connections_) thread.join();
    ::close(listening_);
  }

  static void say(int connection, const std::string& text) {
    (void)::send(connection, text.data(), text.size(), MSG_NOSIGNAL);
  }
  static Answer status(const std::string& line) {
    return [line](int connection, const ReceivedRequest&) {
      say(connection, "HTTP/1.1 " + line + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    };
  }
  /// Says `head`, then `piece` until the other side has enough.
  Answer endless(const std::string& head, const std::string& piece) {
    return [this, head, piece](int connection, const ReceivedRequest&) {
      say(connection, head);
      while (!is_ending_ && ::send(connection, piece.data(), piece.size(), MSG_NOSIGNAL) > 0) {
      }
    };
  }
  /// Says nothing until the other side goes.
  static void hang(int connection) {
    char byte = 0;
    while (::read(connection, &byte, 1) > 0) {
    }
  }
  void answer_with(Answer answer) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(answer);
  }

  std::string url(const std::string& path = "/hook", const std::string& host = "127.0.0.1") const {
    return "http://" + host + ":" + std::to_string(port_) + path;
  }
  std::vector<ReceivedRequest> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  void accept_all() {
    while (true) {
      const int connection = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
      if (connection < 0) return;
      connections_.emplace_back([this, connection] {
        serve(connection);
        ::close(connection);
      });
    }
  }

  void serve(int connection) {
    std::string text;
    const auto read_until = [&](auto is_enough) {
      char buffer[4096];
      while (!is_enough()) {
        const ssize_t count = ::read(connection, buffer, sizeof buffer);
        if (count <= 0) return false;
        text.append(buffer, static_cast<size_t>(count));
      }
      return true;
    };
    if (!read_until([&] { return text.find("\r\n\r\n") != std::string::npos; })) return;
    ReceivedRequest request;
    const size_t head_end = text.find("\r\n\r\n");
    request.path = text.substr(text.find(' ') + 1, text.find(" HTTP/") - text.find(' ') - 1);
    for (size_t begin = text.find("\r\n") + 2; begin < head_end;) {
      const size_t end = text.find("\r\n", begin), colon = text.find(':', begin);
      std::string name = text.substr(begin, colon - begin);
      std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      request.headers[name] = text.substr(colon + 2, end - colon - 2);
      begin = end + 2;
    }
    const size_t length = std::stoul("0" + request.headers["content-length"]);
    if (!read_until([&] { return text.size() >= head_end + 4 + length; })) return;
    request.body = text.substr(head_end + 4, length);
    Answer answer;
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
      answer = answer_;
    }
    answer(connection, request);
  }

  std::mutex mutex_;
  Answer answer_;
  std::vector<ReceivedRequest> requests_;
  int listening_ = -1;
  int port_ = 0;
  std::atomic<bool> is_ending_ = false;
  std::thread accepting_;
  std::vector<std::thread> connections_;
};

}  // namespace modelport
