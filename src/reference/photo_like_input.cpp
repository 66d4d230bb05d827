#include "reference/photo_like_input.h"

#include <algorithm>
#include <cstdlib>

namespace modelport {

namespace {

int64_t triangle(int64_t value, int64_t half_period) {
  return std::abs(value % (2 * half_period) - half_period) * 255 / half_period;
}

uint32_t noise(uint32_t channel, uint32_t y, uint32_t x, uint32_t seed) {
  uint32_t h = x * 73856093u ^ y * 19349663u ^ channel * 83492791u ^ seed * 2654435761u;
  h ^= h >> 15;
  h *= 0x2c1b3c6du;
  h ^= h >> 12;
  h *= 0x297a2d39u;
  return h ^ (h >> 15);
}

int64_t pixel(int64_t c, int64_t y, int64_t x, uint32_t seed) {
  const auto u = [](int64_t v) { return static_cast<uint32_t>(v); };
  const int64_t wave = (2 * triangle(x * (c + 2) + 3 * y + seed, 97) + triangle(2 * y * (c + 1) + x, 61) +
                        triangle((x * x + y * y) >> 6, 128)) >>
                       2;
  const int64_t block = noise(u(c), u(y >> 5), u(x >> 5), seed) & 127u;
  return std::min<int64_t>(255, (wave * 5 >> 3) + (block * 5 >> 3) + (noise(u(c), u(y), u(x), seed) & 15u));
}

}  // namespace

EvaluatedValue photo_like_input(const Shape& shape, uint32_t seed) {
  EvaluatedValue image;
  image.shape = shape;
  image.floats.reserve(static_cast<size_t>(*element_count(shape)));
  for (int64_t b = 0; b < shape[0]; ++b) {
    for (int64_t c = 0; c < shape[1]; ++c) {
      for (int64_t y = 0; y < shape[2]; ++y) {
        for (int64_t x = 0; x < shape[3]; ++x) {
          const int64_t value = pixel(c, y, x, seed + static_cast<uint32_t>(b));
          image.floats.push_back(static_cast<float>(value) / 255.0f);
        }
      }
    }
  }
  return image;
}

}  // namespace modelport
