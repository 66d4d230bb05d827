#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace modelport {

/// Steps that the readers of foreign bytes took on this thread: opcodes, comparisons, bytes touched. Tests hold its
/// growth to the growth of the input.
inline thread_local uint64_t counted_work = 0;

inline void count_work(uint64_t steps = 1) { counted_work += steps; }

/// Orders texts, for the tables of readers: ordered, because hash tables can be made to collide.
struct CountedOrder {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const {
    count_work(1 + std::min(a.size(), b.size()));
    return a < b;
  }
};

}  // namespace modelport
