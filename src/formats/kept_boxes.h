#pragma once

#include "graph/graph.h"

namespace modelport {

class RaisedNode;

/// What suppression kept, on its way to a mask: as many rows as boxes, which a Graph has no value for. Rows are (image,
/// class, box); of these the places (image, box) are taken, and of the classes, all 0, as many ones are made; the ones
/// are put in the places of zeros.
struct KeptBoxes {
  enum class Kind { kRows, kPlaces, kZeros, kOnes } kind;
  ValueId mask;  ///< 1 where kept, else 0.
};

/// Boxes [N, A, 4] and scores [N, 1, A], then the most that are kept, the IoU and the score threshold.
Status raise_suppression(RaisedNode& from);

// The node's first input is what suppression kept. kUnsupportedModel for what is not on the way to a mask.
/// Columns of the rows, along this axis.
Status raise_columns_of_kept_boxes(RaisedNode& from, int64_t axis);
/// A cast of zeros is zeros.
Status raise_cast_of_kept_boxes(RaisedNode& from);
/// Zeros plus one are ones.
Status raise_sum_of_kept_boxes(RaisedNode& from);

/// A value, the places and the ones that are put there.
Status raise_scatter_of_kept_boxes(RaisedNode& from);

}  // namespace modelport
