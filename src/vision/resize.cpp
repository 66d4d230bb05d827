#include "vision/resize.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

namespace modelport {

namespace {

/// Two neighbours of an output pixel and their weights in 1/2048 (modules/imgproc/src/resize.cpp of OpenCV).
struct Tap {
  int64_t first, second;
  int32_t first_weight, second_weight;
};
constexpr float kWeightOne = 2048.0F;

/// At the border the columns take the edge alone; the rows take it twice, with both weights.
enum class Border { kEdgeAlone, kEdgeTwice };
std::vector<Tap> taps(int64_t from, int64_t to, Border border) {
  std::vector<Tap> list;
  // OpenCV's own order of operations: the rounding shows.
  const double scale = 1.0 / (static_cast<double>(to) / static_cast<double>(from));
  for (int64_t i = 0; i < to; ++i) {
    auto position = static_cast<float>((static_cast<double>(i) + 0.5) * scale - 0.5);
    auto index = static_cast<int64_t>(std::floor(position));
    float fraction = position - static_cast<float>(index);
    if (border == Border::kEdgeAlone && (index < 0 || index >= from - 1)) {
      index = std::clamp<int64_t>(index, 0, from - 1);
      fraction = 0.0F;
    }
    list.push_back({std::clamp<int64_t>(index, 0, from - 1), std::clamp<int64_t>(index + 1, 0, from - 1),
                    static_cast<int32_t>(std::nearbyint((1.0F - fraction) * kWeightOne)),
                    static_cast<int32_t>(std::nearbyint(fraction * kWeightOne))});
  }
  return list;
}

/// One row widened, in 1/2048.
void resize_row(const Image& image, int64_t y, std::span<const Tap> columns, std::vector<int32_t>& out) {
  const uint8_t* row = image.at(0, y);
  const int64_t channels = image.channels;
  int32_t* to = out.data();
  for (const Tap& tap : columns) {
    const uint8_t* a = row + tap.first * channels;
    const uint8_t* b = row + tap.second * channels;
    for (int64_t c = 0; c < channels; ++c) *to++ = a[c] * tap.first_weight + b[c] * tap.second_weight;
  }
}

Image halve(const Image& image) {
  Image out(image.width / 2, image.height / 2, image.channels);
  for (int64_t y = 0; y < out.height; ++y) {
    for (int64_t x = 0; x < out.width; ++x) {
      const uint8_t* top = image.at(2 * x, 2 * y);
      const uint8_t* bottom = image.at(2 * x, 2 * y + 1);
      for (int64_t c = 0; c < image.channels; ++c) {
        out.at(x, y)[c] =
            static_cast<uint8_t>((top[c] + top[c + image.channels] + bottom[c] + bottom[c + image.channels] + 2) >> 2);
      }
    }
  }
  return out;
}

Image resize_bilinear(const Image& image, int64_t width, int64_t height) {
  if (image.width == 2 * width && image.height == 2 * height) return halve(image);
  const std::vector<Tap> columns = taps(image.width, width, Border::kEdgeAlone);
  const std::vector<Tap> rows = taps(image.height, height, Border::kEdgeTwice);
  Image out(width, height, image.channels);
  const auto row_values = static_cast<size_t>(width * image.channels);
  std::vector<int32_t> above(row_values), below(row_values);
  int64_t above_y = -1, below_y = -1;
  for (int64_t y = 0; y < height; ++y) {
    const Tap& tap = rows[static_cast<size_t>(y)];
    if (tap.first == below_y) {
      std::swap(above, below);
      std::swap(above_y, below_y);
    }
    if (tap.first != above_y) resize_row(image, above_y = tap.first, columns, above);
    if (tap.second != below_y) resize_row(image, below_y = tap.second, columns, below);
    uint8_t* to = out.at(0, y);
    for (size_t i = 0; i < row_values; ++i) {
      const int32_t sum =
          ((tap.first_weight * (above[i] >> 4)) >> 16) + ((tap.second_weight * (below[i] >> 4)) >> 16) + 2;
      to[i] = static_cast<uint8_t>(std::clamp(sum >> 2, 0, 255));
    }
  }
  return out;
}

/// The input pixels [begin, begin + weights.size()) of an output pixel, weights in 1/2^22 (src/libImaging/Resample.c of
/// Pillow).
struct Window {
  int64_t begin;
  std::vector<int32_t> weights;
};
constexpr int kPrecisionBits = 22;

std::vector<Window> windows(int64_t from, int64_t to) {
  std::vector<Window> list;
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  const double support = std::max(scale, 1.0);
  for (int64_t i = 0; i < to; ++i) {
    const double center = (static_cast<double>(i) + 0.5) * scale;
    const auto begin = std::max<int64_t>(static_cast<int64_t>(center - support + 0.5), 0);
    const auto end = std::min<int64_t>(static_cast<int64_t>(center + support + 0.5), from);
    std::vector<double> weights;
    double sum = 0.0;
    for (int64_t x = begin; x < end; ++x) {
      const double distance = std::abs((static_cast<double>(x) - center + 0.5) * (1.0 / support));
      weights.push_back(distance < 1.0 ? 1.0 - distance : 0.0);
      sum += weights.back();
    }
    Window window{begin, {}};
    for (const double weight : weights) {
      window.weights.push_back(static_cast<int32_t>(0.5 + weight / sum * (1 << kPrecisionBits)));
    }
    list.push_back(std::move(window));
  }
  return list;
}

/// Sums along one axis: `step` values lie between neighbours of the window.
uint8_t weighted(const uint8_t* from, int64_t step, std::span<const int32_t> weights) {
  int32_t sum = 1 << (kPrecisionBits - 1);
  for (const int32_t weight : weights) {
    sum += *from * weight;
    from += step;
  }
  return static_cast<uint8_t>(std::clamp(sum >> kPrecisionBits, 0, 255));
}

Image resize_antialiased(const Image& image, int64_t width, int64_t height) {
  Image wide = image;
  if (width != image.width) {
    wide = Image(width, image.height, image.channels);
    const std::vector<Window> columns = windows(image.width, width);
    for (int64_t y = 0; y < image.height; ++y) {
      for (int64_t x = 0; x < width; ++x) {
        const Window& window = columns[static_cast<size_t>(x)];
        for (int64_t c = 0; c < image.channels; ++c)
          wide.at(x, y)[c] = weighted(image.at(window.begin, y) + c, image.channels, window.weights);
      }
    }
  }
  if (height == image.height) return wide;
  Image out(width, height, image.channels);
  const std::vector<Window> rows = windows(image.height, height);
  for (int64_t y = 0; y < height; ++y) {
    const Window& window = rows[static_cast<size_t>(y)];
    for (int64_t i = 0; i < width * image.channels; ++i)
      out.at(0, y)[i] = weighted(wide.at(0, window.begin) + i, width * image.channels, window.weights);
  }
  return out;
}

}  // namespace

Image resize(const Image& image, int64_t width, int64_t height, Interpolation interpolation) {
  if (width == image.width && height == image.height) return image;
  return interpolation == Interpolation::kBilinear ? resize_bilinear(image, width, height)
                                                   : resize_antialiased(image, width, height);
}

}  // namespace modelport
