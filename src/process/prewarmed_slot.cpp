#include "process/prewarmed_slot.h"

#include <utility>

namespace modelport {

PrewarmedSlot::PrewarmedSlot(ControlGroups groups, std::string prefix)
    : groups_(std::move(groups)), prefix_(std::move(prefix)), prewarmer_([this] { keep_prewarmed(); }) {}

PrewarmedSlot::~PrewarmedSlot() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  wanted_.notify_one();
  prewarmer_.join();
}

void PrewarmedSlot::prewarm() {
  const std::lock_guard lock(mutex_);
  is_wanted_ = true;
  wanted_.notify_one();
}

Result<ExecutionSlot> PrewarmedSlot::take() {
  std::unique_lock lock(mutex_);
  std::optional<ExecutionSlot> place = std::exchange(ready_, std::nullopt);
  lock.unlock();
  prewarm();
  if (place && place->is_waiting()) return *std::move(place);
  return make();
}

void PrewarmedSlot::keep_prewarmed() {
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

Result<ExecutionSlot> PrewarmedSlot::make() { return ExecutionSlot::make(groups_, run_group_name(prefix_)); }

}  // namespace modelport
