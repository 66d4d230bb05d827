#include "vision/canvas.h"

#include <algorithm>
#include <cmath>

#include "vision/font.h"

namespace modelport {

namespace {

/// Black or white, whichever is read better on `color` (ITU-R BT.601 luma).
Rgb readable_on(Rgb color) {
  const int luma = (color[0] * 299 + color[1] * 587 + color[2] * 114) / 1000;
  return luma > 140 ? Rgb{0, 0, 0} : Rgb{255, 255, 255};
}

constexpr int64_t kLetterStep = kGlyphWidth + 1;

}  // namespace

Rgb class_color(int64_t class_index) {
  constexpr Rgb kColors[] = {{230, 57, 70},  {29, 131, 212}, {42, 157, 80},   {244, 162, 30}, {131, 56, 236},
                             {0, 180, 190},  {255, 99, 160}, {140, 105, 60},  {120, 200, 40}, {60, 70, 190},
                             {255, 128, 80}, {0, 110, 100},  {200, 200, 0},   {180, 60, 140}, {100, 150, 255},
                             {150, 20, 30},  {70, 220, 150}, {220, 140, 255}, {90, 90, 90},   {250, 210, 120}};
  constexpr int64_t kCount = std::size(kColors);
  return kColors[((class_index % kCount) + kCount) % kCount];
}

Canvas::Canvas(Image& image)
    : image_(image),
      thickness_(std::max<int64_t>(std::max(image.width, image.height) / 320, 1)),
      letter_(std::max<int64_t>(std::max(image.width, image.height) / 320, 1)) {}

void Canvas::fill(int64_t left, int64_t top, int64_t width, int64_t height, Rgb color) {
  const int64_t right = std::min(left + width, image_.width), bottom = std::min(top + height, image_.height);
  for (int64_t y = std::max<int64_t>(top, 0); y < bottom; ++y) {
    for (int64_t x = std::max<int64_t>(left, 0); x < right; ++x) std::ranges::copy(color, image_.at(x, y));
  }
}

void Canvas::line(Point from, Point to, Rgb color) {
  // What lies far outside would cost steps and show nothing.
  const double far = 4.0 * static_cast<double>(std::max(image_.width, image_.height));
  for (double* value : {&from.x, &from.y, &to.x, &to.y}) {
    if (!std::isfinite(*value)) return;
    *value = std::clamp(*value, -far, far);
  }
  const double length = std::max({std::abs(to.x - from.x), std::abs(to.y - from.y), 1.0});
  const auto steps = static_cast<int64_t>(std::ceil(length));
  const double shift = static_cast<double>(thickness_) / 2.0;
  for (int64_t i = 0; i <= steps; ++i) {
    const double part = static_cast<double>(i) / static_cast<double>(steps);
    const double x = from.x + (to.x - from.x) * part - shift, y = from.y + (to.y - from.y) * part - shift;
    fill(static_cast<int64_t>(std::lround(x)), static_cast<int64_t>(std::lround(y)), thickness_, thickness_, color);
  }
}

void Canvas::outline(std::span<const Point> corners, Rgb color) {
  for (size_t i = 0; i < corners.size(); ++i) line(corners[i], corners[(i + 1) % corners.size()], color);
}

void Canvas::disc(Point center, double radius, Rgb color) {
  const auto reach = static_cast<int64_t>(std::ceil(radius));
  for (int64_t dy = -reach; dy <= reach; ++dy) {
    for (int64_t dx = -reach; dx <= reach; ++dx) {
      if (static_cast<double>(dx * dx + dy * dy) <= radius * radius)
        fill(std::lround(center.x) + dx, std::lround(center.y) + dy, 1, 1, color);
    }
  }
}

void Canvas::tint(std::span<const uint8_t> mask, Rgb color) {
  for (size_t i = 0; i < mask.size(); ++i) {
    if (mask[i] == 0) continue;
    for (size_t c = 0; c < 3; ++c) {
      uint8_t& value = image_.pixels[i * 3 + c];
      value = static_cast<uint8_t>((value * 6 + color[c] * 4) / 10);
    }
  }
}

double Canvas::label_height() const { return static_cast<double>((kGlyphHeight + 2) * letter_); }

void Canvas::label(Point corner, std::string_view words, Rgb color) {
  const int64_t width = (static_cast<int64_t>(words.size()) * kLetterStep + 1) * letter_;
  const auto height = static_cast<int64_t>(label_height());
  const int64_t left = std::max<int64_t>(std::min<int64_t>(std::lround(corner.x), image_.width - width), 0);
  const int64_t top =
      std::clamp<int64_t>(std::lround(corner.y) - height, 0, std::max<int64_t>(image_.height - height, 0));
  fill(left, top, width, height, color);
  text(left + letter_, top + letter_, words, readable_on(color));
}

void Canvas::text(int64_t left, int64_t top, std::string_view words, Rgb color) {
  for (const char character : words) {
    const auto& columns = glyph(character);
    for (int64_t x = 0; x < kGlyphWidth; ++x) {
      for (int64_t y = 0; y < kGlyphHeight; ++y) {
        if (columns[static_cast<size_t>(x)] >> y & 1)
          fill(left + x * letter_, top + y * letter_, letter_, letter_, color);
      }
    }
    left += kLetterStep * letter_;
  }
}

}  // namespace modelport
