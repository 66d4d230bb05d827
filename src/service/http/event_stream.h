#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace modelport {

/// A body that is made while it is sent: server-sent events (WHATWG HTML, section 9.2), or a text of a length that is
/// not known yet. Pulled: the server asks for more only when the client has taken what it was given, so that a slow
/// reader costs one batch.
class BodySource {
 public:
  enum class State { kMore, kWaiting, kEnded };
  struct Batch {
    std::string text;  ///< Of events, whole frames.
    State state = State::kEnded;
  };

  virtual ~BodySource() = default;
  /// Called once, before the first next(); `wake` may be called from any thread, also after this source is gone.
  virtual void on_ready(std::function<void()> wake) = 0;
  /// What is ready, about 64 KiB at most. kWaiting: `wake` will be called when there is more. Called from worker
  /// threads, never from two at once.
  virtual Batch next() = 0;
};

/// One frame. However many lines (CR, LF, CRLF) `data` has, it stays one event and cannot start another; `event` and
/// `id` lose line breaks and NULs.
std::string event_frame(std::string_view id, std::string_view event, std::string_view data);

/// A frame that every client ignores; it shows that the stream lives.
inline constexpr std::string_view kKeepAliveFrame = ": keep-alive\n\n";

/// The number in a Last-Event-ID header; nothing where it is absent or no number.
std::optional<int64_t> last_event_id(std::string_view header);

}  // namespace modelport
