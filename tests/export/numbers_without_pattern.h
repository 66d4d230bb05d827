#pragma once

#include <cstdint>
#include <vector>

namespace modelport {

/// In [-1, 1], the same everywhere; another `seed`, other numbers.
inline std::vector<float> numbers_without_pattern(size_t count, uint32_t seed) {
  std::vector<float> values(count);
  uint32_t state = seed * 2654435761u + 1;
  for (float& value : values) {
    state = state * 1664525u + 1013904223u;
    value = static_cast<float>(state >> 8) / static_cast<float>(1 << 23) - 1.0F;
  }
  return values;
}

}  // namespace modelport
