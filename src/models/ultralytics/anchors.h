#pragma once

#include <span>

#include "ops/graph_builder.h"

namespace modelport::ultralytics {

/// The cells of all levels of a head, level by level, row by row (ultralytics/utils/tal.py, make_anchors).
struct Anchors {
  ValueId centres;  ///< [1, 2, A]: x, y of each cell's centre, in cells of its level.
  ValueId strides;  ///< [1, 1, A]: pixels per cell.
};

/// `levels` are feature maps [N, C, H, W]; `strides` has one number a level. Sizes may be symbolic.
Anchors make_anchors(GraphBuilder& b, std::span<const ValueId> levels, std::span<const double> strides);

/// [N, 4, A] distances from the centre to left, top, right, bottom -> [N, 4, A] x, y of the box's middle, width, height
/// (ultralytics/utils/tal.py, dist2bbox with xywh=True). In cells.
ValueId boxes_from_distances(GraphBuilder& b, ValueId distances, ValueId centres);

/// The same -> [N, 4, A] x1, y1, x2, y2 (dist2bbox with xywh=False).
ValueId corners_from_distances(GraphBuilder& b, ValueId distances, ValueId centres);

/// The same with an angle [N, 1, A] in radians -> [N, 4, A] x, y of the middle, width, height of the turned box
/// (ultralytics/utils/tal.py, dist2rbox).
ValueId turned_boxes_from_distances(GraphBuilder& b, ValueId distances, ValueId angle, ValueId centres);

}  // namespace modelport::ultralytics
