#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace modelport {

/// Which colours a picture is decoded to.
enum class Colors { kGray, kRgb };

/// 8-bit pixels, rows from the top, channels interleaved: RGB for three, gray for one.
struct Image {
  int64_t width = 0;
  int64_t height = 0;
  int64_t channels = 3;
  std::vector<uint8_t> pixels;

  Image() = default;
  Image(int64_t w, int64_t h, int64_t c, uint8_t value = 0)
      : width(w), height(h), channels(c), pixels(static_cast<size_t>(w * h * c), value) {}

  uint8_t* at(int64_t x, int64_t y) { return pixels.data() + (y * width + x) * channels; }
  const uint8_t* at(int64_t x, int64_t y) const { return pixels.data() + (y * width + x) * channels; }
};

}  // namespace modelport
