#pragma once

#include <atomic>
#include <string_view>

namespace modelport {

/// Called at every named point where a kill must lose nothing; null but in tests, which stop the process there.
inline std::atomic<void (*)(std::string_view name)> failpoint_hook = nullptr;

/// A point along a job that the kill sweep stops at.
inline void failpoint(std::string_view name) {
  if (const auto hook = failpoint_hook.load(std::memory_order_relaxed)) hook(name);
}

}  // namespace modelport
