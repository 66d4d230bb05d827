#include "formats/chunked_output.h"

#include <algorithm>
#include <utility>

namespace modelport {

ChunkedOutput::ChunkedOutput(ArtifactSink& sink) : sink_(sink) {}

ChunkedOutput::~ChunkedOutput() { static_cast<void>(finish()); }

void ChunkedOutput::append(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    if (filling_.size() == kChunkBytes) submit();
    const size_t count = std::min(bytes.size(), kChunkBytes - filling_.size());
    filling_.insert(filling_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
    bytes = bytes.subspan(count);
  }
}

std::span<std::byte> ChunkedOutput::claim(size_t bytes) {
  if (filling_.size() + bytes > kChunkBytes) submit();
  const size_t begin = filling_.size();
  filling_.resize(begin + bytes);
  return std::span(filling_).subspan(begin);
}

bool ChunkedOutput::failed() {
  const std::lock_guard lock(mutex_);
  return !status_;
}

void ChunkedOutput::submit() {
  if (!sender_.joinable()) {
    filling_.reserve(kChunkBytes);
    sending_.reserve(kChunkBytes);
    sender_ = std::thread([this] { drain(); });
  }
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !busy_; });
  std::swap(filling_, sending_);
  filling_.clear();
  busy_ = true;
  changed_.notify_all();
}

void ChunkedOutput::drain() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return busy_ || closed_; });
    if (!busy_) return;
    const bool send = static_cast<bool>(status_);
    lock.unlock();
    Status status = send ? sink_.append(sending_) : Status();
    lock.lock();
    if (!status) status_ = std::move(status);
    busy_ = false;
    changed_.notify_all();
  }
}

Status ChunkedOutput::finish() {
  if (sender_.joinable()) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return !busy_; });
      closed_ = true;
      changed_.notify_all();
    }
    sender_.join();
  }
  if (status_ && !filling_.empty()) status_ = sink_.append(filling_);
  filling_.clear();
  return status_;
}

}  // namespace modelport
