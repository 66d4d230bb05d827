#include "raw_client.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace modelport {

RawClient::RawClient(uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval patience = {20, 0};
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) close();
}

RawClient::~RawClient() { close(); }

void RawClient::close() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
}

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

std::string RawClient::read_until(std::string_view end) {
  char piece[65536];
  size_t found = std::string::npos;
  while (end.empty() || (found = pending_.find(end)) == std::string::npos) {
    const ssize_t count = recv(socket_, piece, sizeof piece, 0);
    if (count <= 0) break;
    pending_.append(piece, static_cast<size_t>(count));
  }
  const size_t length = found == std::string::npos ? pending_.size() : found + end.size();
  std::string result = pending_.substr(0, length);
  pending_.erase(0, length);
  return result;
}

std::string RawClient::read_all() { return read_until(""); }

std::string RawClient::read_answer() {
  std::string answer = read_until("\r\n\r\n");
  const size_t at = answer.find("Content-Length: ");
  if (at == std::string::npos) return answer;
  auto missing = static_cast<size_t>(std::atoll(answer.c_str() + at + 16));
  char piece[65536];
  while (pending_.size() < missing) {
    const ssize_t count = recv(socket_, piece, sizeof piece, 0);
    if (count <= 0) break;
    pending_.append(piece, static_cast<size_t>(count));
  }
  missing = std::min(missing, pending_.size());
  answer += pending_.substr(0, missing);
  pending_.erase(0, missing);
  return answer;
}

int status_of(std::string_view answer) {
  return answer.starts_with("HTTP/1.1 ") ? std::atoi(std::string(answer.substr(9, 3)).c_str()) : 0;
}

}  // namespace modelport
