#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

namespace modelport {

/// How often something took how long, counted by upper bounds. Safe from any thread.
class Histogram {
 public:
  struct Counts {
    std::vector<double> bounds;   ///< Rising; what is above the last is in `total` alone.
    std::vector<uint64_t> below;  ///< Of each bound: how many took at most that long.
    uint64_t total = 0;
    double sum = 0;
  };

  explicit Histogram(std::vector<double> bounds) { counts_.below.resize((counts_.bounds = std::move(bounds)).size()); }

  void observe(double value) {
    const std::lock_guard lock(mutex_);
    for (size_t i = 0; i < counts_.bounds.size(); ++i) counts_.below[i] += value <= counts_.bounds[i];
    ++counts_.total;
    counts_.sum += value;
  }

  Counts counts() const {
    const std::lock_guard lock(mutex_);
    return counts_;
  }

 private:
  mutable std::mutex mutex_;
  Counts counts_;
};

}  // namespace modelport
