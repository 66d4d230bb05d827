#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace modelport {

/// A buffer that is needed from step `first` to step `last`, both included.
struct Lifetime {
  size_t bytes = 0;
  size_t first = 0;
  size_t last = 0;
};

/// Where each buffer lies in one shared arena.
struct ArenaPlan {
  std::vector<size_t> offsets;  ///< 64-byte aligned, by index of the lifetime.
  size_t bytes = 0;             ///< Of the whole arena.
};

/// Places the largest buffers first, each at the lowest offset where nothing that lives at the same time is.
ArenaPlan plan_arena(std::span<const Lifetime> lifetimes);

}  // namespace modelport
