#include "formats/kept_boxes.h"

#include <algorithm>

#include "formats/raised_node.h"

namespace modelport {

namespace {

using Kind = KeptBoxes::Kind;

/// Whether a value is zero everywhere: a constant, repeated or not.
bool is_zero(const GraphBuilder& builder, ValueId value) {
  for (const Node& node : builder.graph().nodes) {
    if (node.outputs[0] == value && std::holds_alternative<Expand>(node.op)) return is_zero(builder, node.inputs[0]);
  }
  const auto& constant = builder.graph()[value].constant;
  if (!constant) return false;
  return std::ranges::all_of(constant->to_doubles(), [](double each) { return each == 0.0; });
}

bool is(const KeptBoxes* boxes, Kind kind) { return boxes != nullptr && boxes->kind == kind; }

}  // namespace

Status raise_suppression(RaisedNode& from) {
  TRY(boxes, from.value(0));
  TRY(scores, from.value(1));
  TRY(limit, from.integer(2, "max_output_boxes_per_class"));
  TRY(iou, from.constant_floats(3, "iou_threshold"));
  TRY(threshold, from.constant_floats(4, "score_threshold"));
  const SymbolicShape shape = from.builder().shape(scores);
  if (shape.size() != 3 || !(shape[1] == Dim(1))) return from.unsupported("only boxes of one class are read");
  if (iou.size() != 1 || threshold.size() != 1) return from.unsupported("its limits are not single numbers");
  const ValueId of_class = from.builder().reshape(scores, {shape[0], shape[2]});
  const NonMaxSuppression nms{iou[0], threshold[0], limit};
  from.define_kept_boxes({Kind::kRows, from.builder().emit(nms, {boxes, of_class})[0]});
  return {};
}

Status raise_columns_of_kept_boxes(RaisedNode& from, int64_t axis) {
  const KeptBoxes rows = *from.kept_boxes(0);
  TRY(columns, from.integers(1, "columns of the kept boxes"));
  const bool places = columns == std::vector<int64_t>{0, 2};
  const bool classes = columns == std::vector<int64_t>{1};
  if (rows.kind != Kind::kRows || axis != 1 || (!places && !classes))
    return from.unsupported("of the kept boxes only (image, box) and the class are read");
  from.define_kept_boxes({places ? Kind::kPlaces : Kind::kZeros, rows.mask});
  return {};
}

Status raise_cast_of_kept_boxes(RaisedNode& from) {
  const KeptBoxes zeros = *from.kept_boxes(0);
  if (zeros.kind != Kind::kZeros) return from.unsupported("of the kept boxes only the classes are cast");
  from.define_kept_boxes(zeros);
  return {};
}

Status raise_sum_of_kept_boxes(RaisedNode& from) {
  const KeptBoxes zeros = *from.kept_boxes(0);
  TRY(added, from.constant_floats(1, "what is added to the classes of the kept boxes"));
  if (zeros.kind != Kind::kZeros || added.size() != 1 || added[0] != 1.0)
    return from.unsupported("of the kept boxes' classes only ones are made");
  from.define_kept_boxes({Kind::kOnes, zeros.mask});
  return {};
}

Status raise_scatter_of_kept_boxes(RaisedNode& from) {
  const KeptBoxes* places = from.kept_boxes(1);
  const KeptBoxes* ones = from.kept_boxes(2);
  TRY(base, from.value(0));
  if (!is(places, Kind::kPlaces) || !is(ones, Kind::kOnes) || !(places->mask == ones->mask) ||
      !is_zero(from.builder(), base)) {
    return from.unsupported("it is only read where it puts ones in the places of kept boxes");
  }
  from.define(0, places->mask);
  return {};
}

}  // namespace modelport
