#pragma once

#include <cstdint>

namespace modelport {

/// Numbers without pattern, one for each pixel of a channel: n(c, y, x) of photo_like_input.h. The same everywhere.
inline uint32_t pixel_noise(uint32_t channel, uint32_t y, uint32_t x, uint32_t seed) {
  uint32_t h = x * 73856093u ^ y * 19349663u ^ channel * 83492791u ^ seed * 2654435761u;
  h ^= h >> 15;
  h *= 0x2c1b3c6du;
  h ^= h >> 12;
  h *= 0x297a2d39u;
  return h ^ (h >> 15);
}

}  // namespace modelport
