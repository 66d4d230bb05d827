#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace modelport {

/// Wake-ups: who waits for news of a topic (a job's id; "" is every topic) is called when there are some. A wake-up
/// carries nothing and may come without need; the reader then asks the store from where it left off, so that a lost one
/// costs time only. Safe from any thread.
class ChangeFeed {
 public:
  /// Called from the thread that made the change, with no lock of the stores held; must not block.
  using Wake = std::function<void(std::string_view topic)>;

  /// Ends the subscription when destroyed; afterwards `wake` is neither running nor called again. Must not be destroyed
  /// from within its own `wake`.
  class Subscription {
   public:
    Subscription() = default;
    ~Subscription() { reset(); }
    Subscription(Subscription&& other) noexcept : end_(std::exchange(other.end_, nullptr)) {}
    Subscription& operator=(Subscription&& other) noexcept {
      std::swap(end_, other.end_);
      return *this;
    }
    void reset() {
      if (auto end = std::exchange(end_, nullptr)) end();
    }

   private:
    friend class ChangeFeed;
    explicit Subscription(std::function<void()> end) : end_(std::move(end)) {}
    std::function<void()> end_;
  };

  [[nodiscard]] Subscription subscribe(std::string topic, Wake wake);
  void notify(std::string_view topic);
  /// There may be news of anything: everyone is called, with the topic that they wait for.
  void notify_all();

 private:
  struct Listener {
    std::mutex calling;
    bool ended = false;
    Wake wake;
  };
  std::mutex mutex_;
  std::multimap<std::string, std::shared_ptr<Listener>, std::less<>> listeners_;
};

}  // namespace modelport
