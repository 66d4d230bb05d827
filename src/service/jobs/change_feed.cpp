#include "service/jobs/change_feed.h"

#include <vector>

namespace modelport {

ChangeFeed::Subscription ChangeFeed::subscribe(std::string topic, Wake wake) {
  auto listener = std::make_shared<Listener>();
  listener->wake = std::move(wake);
  const std::lock_guard lock(mutex_);
  listeners_.emplace(topic, listener);
  return Subscription([this, topic = std::move(topic), listener] {
    {
      const std::lock_guard feed_lock(mutex_);
      const auto [begin, end] = listeners_.equal_range(topic);
      for (auto row = begin; row != end; ++row) {
        if (row->second != listener) continue;
        listeners_.erase(row);
        break;
      }
    }
    const std::lock_guard calling(listener->calling);
    listener->ended = true;
  });
}

void ChangeFeed::notify(std::string_view topic) {
  std::vector<std::shared_ptr<Listener>> woken;
  {
    const std::lock_guard lock(mutex_);
    for (const std::string_view wanted : {topic, std::string_view()}) {
      const auto [begin, end] = listeners_.equal_range(wanted);
      for (auto row = begin; row != end; ++row) woken.push_back(row->second);
      if (topic.empty()) break;
    }
  }
  for (const auto& listener : woken) {
    const std::lock_guard calling(listener->calling);
    if (!listener->ended) listener->wake(topic);
  }
}

void ChangeFeed::notify_all() {
  std::vector<std::pair<std::string, std::shared_ptr<Listener>>> woken;
  {
    const std::lock_guard lock(mutex_);
    woken.assign(listeners_.begin(), listeners_.end());
  }
  for (const auto& [topic, listener] : woken) {
    const std::lock_guard calling(listener->calling);
    if (!listener->ended) listener->wake(topic);
  }
}

}  // namespace modelport
