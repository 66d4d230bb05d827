#include <cstdint>
#include <string>
#include <string_view>

#include "service/http/access.h"
#include "service/http/ascii.h"
#include "service/http/byte_range.h"
#include "service/http/event_stream.h"
#include "service/http/message.h"
#include "service/http/site.h"

namespace {

using namespace modelport;

void require(bool holds) {
  if (!holds) __builtin_trap();
}

void check_target(std::string_view text) {
  const auto target = parse_target(text);
  if (!target) return;
  for (const std::string& segment : target->segments) require(segment != "." && segment != "..");
  require(percent_decoded(percent_encoded(text)) == text || text.find('\0') != text.npos);
}

void check_range(std::string_view header) {
  for (const int64_t size : {int64_t{0}, int64_t{1}, int64_t{1000}, INT64_MAX}) {
    const RangeAnswer answer = requested_range(header, size);
    if (answer.kind != RangeAnswer::Kind::kPart) continue;
    require(answer.range.first >= 0 && answer.range.first <= answer.range.last && answer.range.last < size);
  }
}

/// However hostile its text, a frame is one event.
void check_frame(std::string_view text) {
  const std::string frame = event_frame(text, text, text);
  require(frame.ends_with("\n\n") && frame.find("\n\n") == frame.size() - 2 && frame.find('\r') == frame.npos);
  for (size_t start = 0; start + 1 < frame.size(); start = frame.find('\n', start) + 1) {
    const std::string_view line = std::string_view(frame).substr(start);
    require(line.starts_with("id: ") || line.starts_with("event: ") || line.starts_with("data: "));
  }
}

/// No value ends its own header.
void check_head(std::string_view text) {
  HttpResponse response = json_response(200, "");
  response.set("X", std::string(text));
  const std::string head = response_head(response, HttpVersion::k11, ConnectionAfter::kClose);
  size_t lines = 0;
  for (const char c : head) lines += c == '\n' ? 1 : 0;
  require(lines == 6 && head.find("\r\n\r\n") == head.size() - 4);
}

}  // namespace

/// The parsing of requests and the writing of answers that are our own.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_target(text);
  check_range(text);
  check_frame(text);
  check_head(text);
  (void)host_name(text);
  (void)last_event_id(text);
  const AccessRules rules{.token_digests = {std::string(64, 'a')}};
  HttpRequest request;
  request.method = HttpMethod::kPost;
  request.headers = {{"host", std::string(text)}, {"origin", std::string(text)}, {"authorization", std::string(text)}};
  require(check_token(rules, request).has_value());
  (void)check_origin(rules, request);
  return 0;
}
