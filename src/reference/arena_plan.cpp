#include "reference/arena_plan.h"

#include <algorithm>
#include <numeric>

namespace modelport {

namespace {
constexpr size_t kAlignment = 64;
size_t aligned(size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }
}  // namespace

ArenaPlan plan_arena(std::span<const Lifetime> lifetimes) {
  ArenaPlan plan;
  plan.offsets.resize(lifetimes.size());
  std::vector<size_t> by_size(lifetimes.size());
  std::iota(by_size.begin(), by_size.end(), size_t{0});
  std::stable_sort(by_size.begin(), by_size.end(),
                   [&](size_t a, size_t b) { return lifetimes[a].bytes > lifetimes[b].bytes; });

  std::vector<size_t> placed;  // Sorted by offset.
  for (const size_t index : by_size) {
    const Lifetime& wanted = lifetimes[index];
    const size_t bytes = aligned(wanted.bytes);
    size_t offset = 0;
    for (const size_t other : placed) {
      const Lifetime& there = lifetimes[other];
      if (there.last < wanted.first || wanted.last < there.first) continue;
      if (plan.offsets[other] >= offset + bytes) break;
      offset = std::max(offset, plan.offsets[other] + aligned(there.bytes));
    }
    plan.offsets[index] = offset;
    plan.bytes = std::max(plan.bytes, offset + bytes);
    const auto at = std::lower_bound(placed.begin(), placed.end(), offset,
                                     [&](size_t other, size_t value) { return plan.offsets[other] < value; });
    placed.insert(at, index);
  }
  return plan;
}

}  // namespace modelport
