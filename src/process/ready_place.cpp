#include "process/ready_place.h"

#include <utility>

namespace modelport {

ReadyPlace::ReadyPlace(ControlGroups groups, std::string prefix)
    : groups_(std::move(groups)), prefix_(std::move(prefix)), keeper_([this] { keep_ready(); }) {}

ReadyPlace::~ReadyPlace() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  wanted_.notify_one();
  keeper_.join();
}

void ReadyPlace::make_ready() {
  const std::lock_guard lock(mutex_);
  is_wanted_ = true;
  wanted_.notify_one();
}

Result<RunPlace> ReadyPlace::take() {
  std::unique_lock lock(mutex_);
  std::optional<RunPlace> place = std::exchange(ready_, std::nullopt);
  lock.unlock();
  make_ready();
  if (place && place->is_waiting()) return *std::move(place);
  return make();
}

void ReadyPlace::keep_ready() {
  std::unique_lock lock(mutex_);
  while (true) {
    wanted_.wait(lock, [this] { return is_ending_ || is_wanted_; });
    if (is_ending_) return;
    is_wanted_ = false;
    if (ready_) continue;
    lock.unlock();
    auto place = make();
    lock.lock();
    if (place) ready_.emplace(*std::move(place));
  }
}

Result<RunPlace> ReadyPlace::make() { return RunPlace::make(groups_, run_group_name(prefix_)); }

}  // namespace modelport
