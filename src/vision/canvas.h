#pragma once

#include <array>
#include <span>
#include <string_view>

#include "vision/image.h"

namespace modelport {

using Rgb = std::array<uint8_t, 3>;

struct Point {
  double x = 0.0, y = 0.0;
};

/// Draws on an RGB image; whatever lies outside is left out.
class Canvas {
 public:
  /// Lines and letters are sized by the picture: two pixels, and letters twice the font's size, at 640 pixels.
  explicit Canvas(Image& image);

  void line(Point from, Point to, Rgb color);
  /// The closed outline through `corners`.
  void outline(std::span<const Point> corners, Rgb color);
  void disc(Point center, double radius, Rgb color);
  /// Mixes `color` at four tenths into every pixel that is not 0 in `mask`, which is as large as the picture.
  void tint(std::span<const uint8_t> mask, Rgb color);
  /// Text on a filled box whose lower left corner is at `corner`, moved into the picture where it would leave it.
  void label(Point corner, std::string_view text, Rgb color);
  /// Height of a label, for stacking them.
  double label_height() const;
  /// Radius of a point that can be seen.
  double point_radius() const { return static_cast<double>(thickness_) * 1.5; }

 private:
  void fill(int64_t left, int64_t top, int64_t width, int64_t height, Rgb color);
  void text(int64_t left, int64_t top, std::string_view text, Rgb color);
  Image& image_;
  int64_t thickness_;
  int64_t letter_;
};

/// A color of its own for each of the first twenty classes, then again from the start.
Rgb class_color(int64_t class_index);

}  // namespace modelport
