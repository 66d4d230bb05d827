#include "reference/test_chart_input.h"

#include "reference/pixel_noise.h"

namespace modelport {

namespace {

enum class Cell : uint32_t { kBlack, kWhite, kCheckerboard, kStripes, kBlocks, kNoise };
constexpr uint32_t kCells = 6, kCellsInRow = 3, kRows = kCells / kCellsInRow;

uint32_t pixel_of(Cell cell, uint32_t channel, uint32_t y, uint32_t x) {
  switch (cell) {
    case Cell::kBlack:
      return 0;
    case Cell::kWhite:
      return 255;
    case Cell::kCheckerboard:
      return (y / 4 + x / 4) % 2 * 255;
    case Cell::kStripes:
      return x / 2 % 2 * 255;
    case Cell::kBlocks:
      return pixel_noise(channel, y / 8, x / 8, 0) % 2 * 255;
    case Cell::kNoise:
      return pixel_noise(channel, y, x, 0) & 255u;
  }
  return 0;
}

}  // namespace

EvaluatedValue test_chart_input(const Shape& shape, uint32_t seed) {
  const auto batch = static_cast<uint32_t>(shape[0]), channels = static_cast<uint32_t>(shape[1]);
  const auto height = static_cast<uint32_t>(shape[2]), width = static_cast<uint32_t>(shape[3]);
  EvaluatedValue chart;
  chart.shape = shape;
  chart.floats.reserve(static_cast<size_t>(*element_count(shape)));
  for (uint32_t b = 0; b < batch; ++b) {
    const uint32_t number = seed + b;
    for (uint32_t c = 0; c < channels; ++c) {
      for (uint32_t y = 0; y < height; ++y) {
        for (uint32_t x = 0; x < width; ++x) {
          const uint32_t cell =
              number == 0 ? y * kRows / height * kCellsInRow + x * kCellsInRow / width : (number - 1) % kCells;
          chart.floats.push_back(static_cast<float>(pixel_of(static_cast<Cell>(cell), c, y, x)) / 255.0F);
        }
      }
    }
  }
  return chart;
}

}  // namespace modelport
