#include "vision/preprocess.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/half.h"

namespace modelport {

namespace {

/// Python's round(): ties to even.
int64_t rounded(double value) { return static_cast<int64_t>(std::nearbyint(value)); }

void paste(const Image& image, Image& canvas, int64_t left, int64_t top) {
  for (int64_t y = 0; y < image.height; ++y)
    std::memcpy(canvas.at(left, top + y), image.at(0, y), static_cast<size_t>(image.width * image.channels));
}

FittedImage letterbox(const Image& image, const InputContract& input) {
  const double ratio = std::min(static_cast<double>(input.height) / static_cast<double>(image.height),
                                static_cast<double>(input.width) / static_cast<double>(image.width));
  const int64_t width = std::max<int64_t>(rounded(static_cast<double>(image.width) * ratio), 1);
  const int64_t height = std::max<int64_t>(rounded(static_cast<double>(image.height) * ratio), 1);
  const int64_t left = rounded(static_cast<double>(input.width - width) / 2.0 - 0.1);
  const int64_t top = rounded(static_cast<double>(input.height - height) / 2.0 - 0.1);
  FittedImage fitted;
  fitted.image = Image(input.width, input.height, image.channels, input.pad_value);
  paste(resize(image, width, height, input.interpolation), fitted.image, left, top);
  fitted.placement = {static_cast<double>(width) / static_cast<double>(image.width),
                      static_cast<double>(height) / static_cast<double>(image.height),
                      static_cast<double>(left),
                      static_cast<double>(top),
                      image.width,
                      image.height};
  return fitted;
}

FittedImage stretch(const Image& image, const InputContract& input) {
  FittedImage fitted;
  fitted.image = resize(image, input.width, input.height, input.interpolation);
  fitted.placement = {static_cast<double>(input.width) / static_cast<double>(image.width),
                      static_cast<double>(input.height) / static_cast<double>(image.height),
                      0.0,
                      0.0,
                      image.width,
                      image.height};
  return fitted;
}

FittedImage crop(const Image& image, const InputContract& input) {
  const int64_t shorter = std::min(input.height, input.width);
  const int64_t edge = rounded(static_cast<double>(shorter) / input.crop_fraction);
  const bool wide = image.width >= image.height;
  // torchvision cuts the longer side to whole pixels instead of rounding it.
  const int64_t width = wide ? edge * image.width / image.height : edge;
  const int64_t height = wide ? edge : edge * image.height / image.width;
  const Image scaled = resize(image, width, height, input.interpolation);
  const int64_t left = rounded(static_cast<double>(width - input.width) / 2.0);
  const int64_t top = rounded(static_cast<double>(height - input.height) / 2.0);
  FittedImage fitted;
  fitted.image = Image(input.width, input.height, image.channels);
  const int64_t from_x = std::max<int64_t>(left, 0), from_y = std::max<int64_t>(top, 0);
  const int64_t to_x = std::max<int64_t>(-left, 0), to_y = std::max<int64_t>(-top, 0);
  const int64_t columns = std::min(width - from_x, input.width - to_x);
  const int64_t rows = std::min(height - from_y, input.height - to_y);
  for (int64_t y = 0; y < rows; ++y) {
    std::memcpy(fitted.image.at(to_x, to_y + y), scaled.at(from_x, from_y + y),
                static_cast<size_t>(columns * image.channels));
  }
  fitted.placement = {static_cast<double>(width) / static_cast<double>(image.width),
                      static_cast<double>(height) / static_cast<double>(image.height),
                      static_cast<double>(-left),
                      static_cast<double>(-top),
                      image.width,
                      image.height};
  return fitted;
}

/// Values by byte, since a pixel has only 256.
std::vector<std::array<float, 256>> value_tables(const InputContract& input) {
  std::vector<std::array<float, 256>> tables;
  for (int64_t c = 0; c < input.channels; ++c) {
    const auto mean = static_cast<float>(input.mean[static_cast<size_t>(c)]);
    const auto std = static_cast<float>(input.std[static_cast<size_t>(c)]);
    std::array<float, 256> table{};
    for (int value = 0; value < 256; ++value) {
      // The frameworks divide by 255; multiplying by its rounded inverse would be one bit off.
      const float unit = std::abs(input.scale * 255.0 - 1.0) < 1e-9
                             ? static_cast<float>(value) / 255.0F
                             : static_cast<float>(value) * static_cast<float>(input.scale);
      table[static_cast<size_t>(value)] = (unit - mean) / std;
    }
    tables.push_back(table);
  }
  return tables;
}

}  // namespace

double Placement::image_x(double x) const {
  return std::clamp((x - left) / scale_x, 0.0, static_cast<double>(image_width));
}
double Placement::image_y(double y) const {
  return std::clamp((y - top) / scale_y, 0.0, static_cast<double>(image_height));
}

Colors colors_for(const InputContract& input) { return input.channels == 1 ? Colors::kGray : Colors::kRgb; }

FittedImage fit(const Image& image, const InputContract& input) {
  switch (input.mode) {
    case FitMode::kLetterbox:
      return letterbox(image, input);
    case FitMode::kStretch:
      return stretch(image, input);
    case FitMode::kShortestEdgeCenterCrop:
      break;
  }
  return crop(image, input);
}

Tensor input_tensor(std::span<const FittedImage> images, const InputContract& input) {
  const int64_t pixels = input.height * input.width, channels = input.channels;
  const auto batch = static_cast<int64_t>(images.size());
  const Shape shape = input.layout == InputLayout::kNchw ? Shape{batch, channels, input.height, input.width}
                                                         : Shape{batch, input.height, input.width, channels};
  const auto tables = value_tables(input);
  const bool raw = input.normalization == Normalization::kByArtifact;
  std::vector<float> values(static_cast<size_t>(batch * channels * pixels));
  for (int64_t n = 0; n < batch; ++n) {
    const std::vector<uint8_t>& from = images[static_cast<size_t>(n)].image.pixels;
    for (int64_t c = 0; c < channels; ++c) {
      const int64_t source = input.order == ColorOrder::kBgr ? channels - 1 - c : c;
      const auto& table = tables[static_cast<size_t>(c)];
      for (int64_t i = 0; i < pixels; ++i) {
        const uint8_t value = from[static_cast<size_t>(i * channels + source)];
        const int64_t at = input.layout == InputLayout::kNchw ? c * pixels + i : i * channels + c;
        values[static_cast<size_t>(n * channels * pixels + at)] = raw ? value : table[value];
      }
    }
  }
  if (input.dtype == DType::kFloat32) return Tensor::from_floats(shape, std::move(values));
  std::vector<std::byte> bytes(values.size() * static_cast<size_t>(dtype_bytes(input.dtype)));
  for (size_t i = 0; i < values.size(); ++i) {
    if (input.dtype == DType::kUInt8) {
      bytes[i] = static_cast<std::byte>(values[i]);
    } else {
      const uint16_t half = half_from_float(values[i]);
      std::memcpy(bytes.data() + 2 * i, &half, 2);
    }
  }
  return Tensor::from_bytes(input.dtype, shape, std::move(bytes));
}

}  // namespace modelport
