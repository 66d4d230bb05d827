#include "reference/photo_like_input.h"

#include <algorithm>
#include <cstdlib>
#include <span>

#include "kernels/thread_pool.h"
#include "reference/pixel_noise.h"

namespace modelport {

namespace {

int32_t triangle(int32_t value, int32_t half_period) {
  return std::abs(value % (2 * half_period) - half_period) * 255 / half_period;
}

/// One row of one channel; in 32 bits, so that the loop vectorises.
void paint_row(int32_t c, int32_t y, uint32_t seed, std::span<float> row) {
  const auto channel = static_cast<uint32_t>(c), uy = static_cast<uint32_t>(y);
  for (size_t i = 0; i < row.size(); ++i) {
    const auto ux = static_cast<uint32_t>(i);
    const auto x = static_cast<int32_t>(i);
    const int32_t wave = (2 * triangle(x * (c + 2) + 3 * y + static_cast<int32_t>(seed), 97) +
                          triangle(2 * y * (c + 1) + x, 61) + triangle((x * x + y * y) >> 6, 128)) >>
                         2;
    const auto block = static_cast<int32_t>(pixel_noise(channel, uy >> 5, ux >> 5, seed) & 127u);
    const auto grain = static_cast<int32_t>(pixel_noise(channel, uy, ux, seed) & 15u);
    row[i] = static_cast<float>(std::min(255, (wave * 5 >> 3) + (block * 5 >> 3) + grain)) / 255.0f;
  }
}

}  // namespace

EvaluatedValue photo_like_input(const Shape& shape, uint32_t seed) {
  EvaluatedValue image;
  image.shape = shape;
  image.floats.resize(static_cast<size_t>(*element_count(shape)));
  const int64_t channels = shape[1], height = shape[2];
  const auto width = static_cast<size_t>(shape[3]);
  ComputingTurn turn;
  turn.pool().parallel_for(shape[0] * channels * height, [&](int64_t row) {
    const auto y = static_cast<int32_t>(row % height), c = static_cast<int32_t>(row / height % channels);
    const auto b = static_cast<uint32_t>(row / (height * channels));
    paint_row(c, y, seed + b, std::span(image.floats).subspan(static_cast<size_t>(row) * width, width));
  });
  return image;
}

}  // namespace modelport
