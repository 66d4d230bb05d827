#include "vision/mask.h"

#include <algorithm>
#include <cmath>

namespace modelport {

std::vector<LinearTap> linear_taps(int64_t from, int64_t to) {
  std::vector<LinearTap> taps;
  const float scale = static_cast<float>(from) / static_cast<float>(to);
  for (int64_t i = 0; i < to; ++i) {
    const float position = std::max((static_cast<float>(i) + 0.5F) * scale - 0.5F, 0.0F);
    const int64_t first = std::min<int64_t>(static_cast<int64_t>(position), from - 1);
    taps.push_back({first, std::min(first + 1, from - 1), position - static_cast<float>(first)});
  }
  return taps;
}

InstanceMask assemble_mask(const Prototypes& prototypes, std::span<const float> coefficients,
                           const std::array<float, 4>& box, int64_t input_width, int64_t input_height) {
  const int64_t pixels = prototypes.height * prototypes.width;
  std::vector<float> logits(static_cast<size_t>(pixels), 0.0F);
  for (int64_t c = 0; c < prototypes.channels; ++c) {
    const float coefficient = coefficients[static_cast<size_t>(c)];
    const float* from = prototypes.values.data() + c * pixels;
    for (int64_t i = 0; i < pixels; ++i) logits[static_cast<size_t>(i)] += coefficient * from[i];
  }
  InstanceMask mask{input_width, input_height, std::vector<uint8_t>(static_cast<size_t>(input_width * input_height))};
  const std::vector<LinearTap> columns = linear_taps(prototypes.width, input_width);
  const std::vector<LinearTap> rows = linear_taps(prototypes.height, input_height);
  // A pixel is inside where x1 <= x < x2, so that the first one is the ceiling.
  const auto first_inside = [](float edge, int64_t size) {
    return static_cast<int64_t>(std::clamp(std::ceil(edge), 0.0F, static_cast<float>(size)));
  };
  const int64_t left = first_inside(box[0], input_width), right = first_inside(box[2], input_width);
  const int64_t top = first_inside(box[1], input_height), bottom = first_inside(box[3], input_height);
  for (int64_t y = top; y < bottom; ++y) {
    const LinearTap& row = rows[static_cast<size_t>(y)];
    const float* above = logits.data() + row.first * prototypes.width;
    const float* below = logits.data() + row.second * prototypes.width;
    for (int64_t x = left; x < right; ++x) {
      const LinearTap& column = columns[static_cast<size_t>(x)];
      const float a = above[column.first] * (1.0F - column.second_weight) + above[column.second] * column.second_weight;
      const float b = below[column.first] * (1.0F - column.second_weight) + below[column.second] * column.second_weight;
      mask.pixels[static_cast<size_t>(y * input_width + x)] =
          a * (1.0F - row.second_weight) + b * row.second_weight > 0.0F ? 1 : 0;
    }
  }
  return mask;
}

std::vector<uint8_t> mask_in_picture(const InstanceMask& mask, const Placement& placement) {
  std::vector<uint8_t> pixels(static_cast<size_t>(placement.image_width * placement.image_height));
  const auto in_input = [](int64_t at, double scale, double offset, int64_t size) {
    const auto position = static_cast<int64_t>(std::floor((static_cast<double>(at) + 0.5) * scale + offset));
    return std::clamp<int64_t>(position, 0, size - 1);
  };
  for (int64_t y = 0; y < placement.image_height; ++y) {
    const int64_t from_y = in_input(y, placement.scale_y, placement.top, mask.height);
    for (int64_t x = 0; x < placement.image_width; ++x) {
      const int64_t from_x = in_input(x, placement.scale_x, placement.left, mask.width);
      pixels[static_cast<size_t>(y * placement.image_width + x)] =
          mask.pixels[static_cast<size_t>(from_y * mask.width + from_x)];
    }
  }
  return pixels;
}

}  // namespace modelport
