#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace modelport {

/// Cuts a stream into lines; a line longer than `limit` comes in pieces of that length.
class LineSplitter {
 public:
  explicit LineSplitter(size_t limit) : limit_(limit) {}

  template <class Emit>
  void feed(std::string_view bytes, Emit emit) {
    for (const char c : bytes) {
      if (c == '\n' || pending_.size() == limit_) flush(emit);
      if (c != '\n') pending_ += c;
    }
  }
  /// The last line, if it had no newline.
  template <class Emit>
  void finish(Emit emit) {
    if (!pending_.empty()) flush(emit);
  }

 private:
  template <class Emit>
  void flush(Emit emit) {
    emit(std::string_view(pending_));
    pending_.clear();
  }
  size_t limit_;
  std::string pending_;
};

}  // namespace modelport
