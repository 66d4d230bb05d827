#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "formats/format.h"

namespace modelport {

/// Collects bytes into chunks of 1 MiB and hands full ones to a sink on a second thread, so that weights are converted
/// while earlier ones are hashed and written. Outputs below one chunk start no thread. Memory: two chunks.
class ChunkedOutput {
 public:
  static constexpr size_t kChunkBytes = size_t{1} << 20;

  explicit ChunkedOutput(ArtifactSink& sink);
  ~ChunkedOutput();
  ChunkedOutput(const ChunkedOutput&) = delete;
  ChunkedOutput& operator=(const ChunkedOutput&) = delete;

  void append(std::span<const std::byte> bytes);
  /// Room for the next `bytes` bytes (at most kChunkBytes), to be filled by the caller before the next call.
  std::span<std::byte> claim(size_t bytes);
  /// Whether the sink has failed: what is appended from now on is lost.
  bool failed();
  /// Hands over what is left and waits. The sink's first error.
  Status finish();

 private:
  void submit();
  void drain();

  ArtifactSink& sink_;
  std::vector<std::byte> filling_, sending_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool busy_ = false, closed_ = false;
  Status status_;
  std::thread sender_;
};

}  // namespace modelport
