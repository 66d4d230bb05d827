#include "models/ultralytics/anchors.h"

namespace modelport::ultralytics {

namespace {

/// Centres of one level, [2, H W].
ValueId level_centres(GraphBuilder& b, const Dim& height, const Dim& width) {
  const ValueId half = b.scalar(0.5);
  const ValueId column = b.add(b.range(width, DType::kFloat32), half);
  const ValueId row = b.add(b.range(height, DType::kFloat32), half);
  const ValueId x = b.expand(column, {1, height, width});
  const ValueId y = b.expand(b.split_axis(row, 0, {height, 1}), {1, height, width});
  return b.merge_axes(b.concat({x, y}, 0), 1, 2);
}

}  // namespace

Anchors make_anchors(GraphBuilder& b, std::span<const ValueId> levels, std::span<const double> strides) {
  std::vector<ValueId> centres, pixels;
  for (size_t i = 0; i < levels.size(); ++i) {
    const Dim height = b.dim(levels[i], 2), width = b.dim(levels[i], 3);
    centres.push_back(level_centres(b, height, width));
    pixels.push_back(b.expand(b.scalar(strides[i]), {1, 1, height * width}));
  }
  const ValueId all = b.concat(std::move(centres), 1);
  return {b.split_axis(all, 0, {1, 2}), b.concat(std::move(pixels), 2)};
}

ValueId boxes_from_distances(GraphBuilder& b, ValueId distances, ValueId centres) {
  const std::vector<ValueId> corners = b.split(distances, 1, {2, 2});
  const ValueId top_left = b.sub(centres, corners[0]);
  const ValueId bottom_right = b.add(centres, corners[1]);
  const ValueId middle = b.div(b.add(top_left, bottom_right), b.scalar(2.0));
  return b.concat({middle, b.sub(bottom_right, top_left)}, 1);
}

ValueId corners_from_distances(GraphBuilder& b, ValueId distances, ValueId centres) {
  const std::vector<ValueId> corners = b.split(distances, 1, {2, 2});
  return b.concat({b.sub(centres, corners[0]), b.add(centres, corners[1])}, 1);
}

ValueId turned_boxes_from_distances(GraphBuilder& b, ValueId distances, ValueId angle, ValueId centres) {
  const std::vector<ValueId> corners = b.split(distances, 1, {2, 2});
  const ValueId offset = b.div(b.sub(corners[1], corners[0]), b.scalar(2.0));
  const std::vector<ValueId> along = b.split(offset, 1, {1, 1});
  const ValueId cos = b.unary(Cos{}, angle), sin = b.unary(Sin{}, angle);
  const ValueId x = b.sub(b.mul(along[0], cos), b.mul(along[1], sin));
  const ValueId y = b.add(b.mul(along[0], sin), b.mul(along[1], cos));
  return b.concat({b.add(b.concat({x, y}, 1), centres), b.add(corners[0], corners[1])}, 1);
}

}  // namespace modelport::ultralytics
