#include "vision/class_map.h"

#include <algorithm>
#include <cmath>

#include "vision/mask.h"

namespace modelport {

namespace {

/// Where the picture lies in the input, in whole pixels.
struct Window {
  int64_t left, top, width, height;
};

Window window_of(const InputContract& input, const Placement& placement) {
  const auto side = [](double size) { return std::max<int64_t>(static_cast<int64_t>(std::nearbyint(size)), 1); };
  Window window{std::max<int64_t>(static_cast<int64_t>(placement.left), 0),
                std::max<int64_t>(static_cast<int64_t>(placement.top), 0),
                side(placement.scale_x * static_cast<double>(placement.image_width)),
                side(placement.scale_y * static_cast<double>(placement.image_height))};
  window.width = std::min(window.width, input.width - window.left);
  window.height = std::min(window.height, input.height - window.top);
  return window;
}

std::vector<float> enlarge(std::span<const float> plane, int64_t from_width, int64_t from_height, int64_t width,
                           int64_t height) {
  const std::vector<LinearTap> columns = linear_taps(from_width, width), rows = linear_taps(from_height, height);
  std::vector<float> out(static_cast<size_t>(width * height));
  for (int64_t y = 0; y < height; ++y) {
    const LinearTap& row = rows[static_cast<size_t>(y)];
    const float* above = plane.data() + row.first * from_width;
    const float* below = plane.data() + row.second * from_width;
    for (int64_t x = 0; x < width; ++x) {
      const LinearTap& column = columns[static_cast<size_t>(x)];
      const float w = column.second_weight;
      const float a = above[column.first] * (1.0F - w) + above[column.second] * w;
      const float b = below[column.first] * (1.0F - w) + below[column.second] * w;
      out[static_cast<size_t>(y * width + x)] = a * (1.0F - row.second_weight) + b * row.second_weight;
    }
  }
  return out;
}

std::vector<float> cut(std::span<const float> plane, int64_t width, const Window& window) {
  std::vector<float> out;
  for (int64_t y = 0; y < window.height; ++y) {
    const float* row = plane.data() + (window.top + y) * width + window.left;
    out.insert(out.end(), row, row + window.width);
  }
  return out;
}

/// Class numbers at the nearest pixel, as PyTorch's mode="nearest" picks it: floor(i * from / to).
ClassMap nearest(const std::vector<float>& numbers, int64_t width, int64_t height, const InputContract& input,
                 const Placement& placement) {
  const Window window = window_of(input, placement);
  ClassMap map{placement.image_width, placement.image_height, {}};
  const auto pick = [](int64_t i, int64_t from, int64_t to) {
    const float scale = static_cast<float>(from) / static_cast<float>(to);
    return std::min<int64_t>(static_cast<int64_t>(static_cast<float>(i) * scale), from - 1);
  };
  for (int64_t y = 0; y < map.height; ++y) {
    const int64_t row = pick(window.top + pick(y, window.height, map.height), height, input.height);
    for (int64_t x = 0; x < map.width; ++x) {
      const int64_t column = pick(window.left + pick(x, window.width, map.width), width, input.width);
      map.classes.push_back(static_cast<uint16_t>(numbers[static_cast<size_t>(row * width + column)]));
    }
  }
  return map;
}

ClassMap largest(const std::vector<float>& logits, const Shape& shape, const InputContract& input,
                 const Placement& placement) {
  const Window window = window_of(input, placement);
  ClassMap map{placement.image_width, placement.image_height, {}};
  const auto pixels = static_cast<size_t>(map.width * map.height);
  const auto plane = static_cast<size_t>(shape[2] * shape[3]);
  map.classes.assign(pixels, 0);
  // One class alone competes with zero, and wins as number 1.
  std::vector<float> best(shape[1] == 1 ? pixels : 0, 0.0F);
  for (int64_t c = 0; c < shape[1]; ++c) {
    std::vector<float> values = enlarge(std::span(logits).subspan(static_cast<size_t>(c) * plane, plane), shape[3],
                                        shape[2], input.width, input.height);
    values = enlarge(cut(values, input.width, window), window.width, window.height, map.width, map.height);
    if (best.empty()) {
      best = std::move(values);
      continue;
    }
    for (size_t i = 0; i < pixels; ++i) {
      if (values[i] <= best[i]) continue;
      best[i] = values[i];
      map.classes[i] = static_cast<uint16_t>(shape[1] == 1 ? 1 : c);
    }
  }
  return map;
}

}  // namespace

Result<ClassMap> class_map_of(const Tensor& output, int64_t index, const InputContract& input,
                              const Placement& placement) {
  const Shape& shape = output.shape();
  if ((shape.size() != 3 && shape.size() != 4) || index >= shape[0] || output.element_count() == 0) {
    return fail(ErrorCode::kValidationFailed, "an output has shape {}, a class map is [batch, H, W]",
                shape_text(shape));
  }
  std::vector<float> values(static_cast<size_t>(output.element_count() / shape[0]));
  output.read(index * static_cast<int64_t>(values.size()), values);
  if (shape.size() == 3) return nearest(values, shape[2], shape[1], input, placement);
  return largest(values, shape, input, placement);
}

}  // namespace modelport
