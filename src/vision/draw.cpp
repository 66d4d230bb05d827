#include "vision/draw.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/printable.h"
#include "vision/mask.h"

namespace modelport {

namespace {

void draw_keypoints(Canvas& canvas, const Detection& detection, const OutputContract& output, Rgb color) {
  const std::vector<Keypoint>& points = detection.keypoints;
  const auto visible = [&](size_t i) { return i < points.size() && points[i].confidence > kVisible; };
  for (const std::array<int64_t, 2>& bone : output.skeleton) {
    const auto from = static_cast<size_t>(bone[0] - 1), to = static_cast<size_t>(bone[1] - 1);
    if (visible(from) && visible(to))
      canvas.line({points[from].x, points[from].y}, {points[to].x, points[to].y}, color);
  }
  for (size_t i = 0; i < points.size(); ++i) {
    if (visible(i))
      canvas.disc({points[i].x, points[i].y}, canvas.point_radius(), class_color(static_cast<int64_t>(i) + 1));
  }
}

void draw_classes(Canvas& canvas, const Prediction& prediction, const ArtifactContract& contract,
                  const DrawStyle& style) {
  double y = canvas.label_height();
  for (const ClassScore& best : prediction.top_classes) {
    canvas.label({0.0, y}, style.prefix + class_label(best.class_index, best.score, contract.class_names),
                 style.color.value_or(class_color(best.class_index)));
    y += canvas.label_height();
  }
}

void draw_class_map(Canvas& canvas, const ClassMap& map, const ArtifactContract& contract, const DrawStyle& style) {
  std::vector<bool> seen(size_t{1} << 16, false);
  for (const uint16_t number : map.classes) seen[number] = true;
  double y = canvas.label_height();
  std::vector<uint8_t> mask(map.classes.size());
  for (size_t number = 0; number < seen.size(); ++number) {
    if (!seen[number]) continue;
    for (size_t i = 0; i < mask.size(); ++i) mask[i] = map.classes[i] == number ? 1 : 0;
    const Rgb color = style.color.value_or(class_color(static_cast<int64_t>(number)));
    canvas.tint(mask, color);
    const std::string name =
        number < contract.class_names.size() ? printable(contract.class_names[number]) : std::to_string(number);
    canvas.label({0.0, y}, style.prefix + name, color);
    y += canvas.label_height();
  }
}

}  // namespace

std::string class_label(int64_t class_index, double score, std::span<const std::string> class_names) {
  const bool named = class_index >= 0 && static_cast<size_t>(class_index) < class_names.size();
  const std::string name =
      named ? printable(class_names[static_cast<size_t>(class_index)]) : std::to_string(class_index);
  return fmt::format("{} {:.2f}", name, score);
}

std::array<Point, 4> corners_of(const Detection& detection, PredictionKind kind) {
  const auto& [a, b, c, d] = detection.box;
  if (kind != PredictionKind::kOrientedBoxes) return {{{a, b}, {c, b}, {c, d}, {a, d}}};
  const double cosine = std::cos(detection.angle), sine = std::sin(detection.angle);
  const double wx = c / 2 * cosine, wy = c / 2 * sine, hx = -d / 2 * sine, hy = d / 2 * cosine;
  return {
      {{a + wx + hx, b + wy + hy}, {a + wx - hx, b + wy - hy}, {a - wx - hx, b - wy - hy}, {a - wx + hx, b - wy + hy}}};
}

void draw(Image& picture, const Prediction& prediction, const ArtifactContract& contract, const Placement& placement,
          const DrawStyle& style) {
  Canvas canvas(picture);
  const auto color_of = [&](const Detection& detection) {
    return style.color.value_or(class_color(detection.class_index));
  };
  for (const Detection& detection : prediction.detections) {
    if (!detection.mask.pixels.empty()) canvas.tint(mask_in_picture(detection.mask, placement), color_of(detection));
  }
  // The best one last, on top.
  for (auto it = prediction.detections.rbegin(); it != prediction.detections.rend(); ++it) {
    const std::array<Point, 4> corners = corners_of(*it, prediction.kind);
    canvas.outline(corners, color_of(*it));
    draw_keypoints(canvas, *it, contract.output, color_of(*it));
    const auto highest = std::ranges::min_element(corners, {}, &Point::y);
    canvas.label(*highest, style.prefix + class_label(it->class_index, it->score, contract.class_names), color_of(*it));
  }
  if (!prediction.top_classes.empty()) draw_classes(canvas, prediction, contract, style);
  if (!prediction.class_map.classes.empty()) draw_class_map(canvas, prediction.class_map, contract, style);
}

}  // namespace modelport
