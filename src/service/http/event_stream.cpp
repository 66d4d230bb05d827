#include "service/http/event_stream.h"

#include "service/http/ascii.h"

namespace modelport {

namespace {

void append_field(std::string& frame, std::string_view name, std::string_view value) {
  frame += name;
  frame += ": ";
  for (const char c : value) {
    if (c != '\r' && c != '\n' && c != '\0') frame += c;
  }
  frame += '\n';
}

}  // namespace

std::string event_frame(std::string_view id, std::string_view event, std::string_view data) {
  std::string frame;
  frame.reserve(data.size() + event.size() + id.size() + 32);
  if (!id.empty()) append_field(frame, "id", id);
  if (!event.empty()) append_field(frame, "event", event);
  for (size_t start = 0;;) {
    const size_t end = std::min(data.find_first_of("\r\n", start), data.size());
    append_field(frame, "data", data.substr(start, end - start));
    if (end == data.size()) break;
    start = end + (data.substr(end).starts_with("\r\n") ? 2 : 1);
  }
  return frame += '\n';
}

std::optional<int64_t> last_event_id(std::string_view header) {
  const auto id = number_from<int64_t>(trimmed(header));
  return id && *id >= 0 ? id : std::nullopt;
}

}  // namespace modelport
