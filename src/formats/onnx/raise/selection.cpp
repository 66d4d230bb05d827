#include <algorithm>

#include "formats/onnx/raise/selection.h"

namespace modelport::onnx {

namespace {

using Selection = Raising::Selection;

/// Whether a value is zero everywhere: a constant, repeated or not.
bool is_zero(const GraphBuilder& builder, ValueId value) {
  for (const Node& node : builder.graph().nodes) {
    if (node.outputs[0] == value && std::holds_alternative<Expand>(node.op)) return is_zero(builder, node.inputs[0]);
  }
  const auto& constant = builder.graph()[value].constant;
  if (!constant) return false;
  return std::ranges::all_of(constant->to_doubles(), [](double each) { return each == 0.0; });
}

}  // namespace

template <>
Status raise<OnnxOpType::kNonMaxSuppression>(Raising& from) {
  if (from.int_attribute("center_point_box", 0) != 0) return from.unsupported("center_point_box is not read");
  TRY(boxes, from.value(0));
  TRY(scores, from.value(1));
  TRY(limit, from.required_sizes(2, "max_output_boxes_per_class"));
  TRY(iou, from.constant_floats(3, "iou_threshold"));
  TRY(threshold, from.constant_floats(4, "score_threshold"));
  const SymbolicShape shape = from.builder().shape(scores);
  if (shape.size() != 3 || !(shape[1] == Dim(1))) return from.unsupported("only boxes of one class are read");
  if (limit.size() != 1 || !limit[0].constant() || iou.size() != 1 || threshold.size() != 1)
    return from.unsupported("its limits are not single numbers");
  const ValueId of_class = from.builder().reshape(scores, {shape[0], shape[2]});
  const NonMaxSuppression nms{iou[0], threshold[0], *limit[0].constant()};
  from.define_selection({Selection::Kind::kRows, from.builder().emit(nms, {boxes, of_class})[0]});
  return {};
}

Result<bool> raise_gather_of_selection(Raising& from) {
  const Selection* selection = from.selection(0);
  if (selection == nullptr) return false;
  TRY(columns, from.required_sizes(1, "columns of the kept boxes"));
  const bool places = columns.size() == 2 && columns[0] == Dim(0) && columns[1] == Dim(2);
  const bool classes = columns.size() == 1 && columns[0] == Dim(1);
  if (selection->kind != Selection::Kind::kRows || from.int_attribute("axis", 0) != 1 || (!places && !classes))
    return from.unsupported("of the kept boxes only (image, box) and the class are read");
  from.define_selection({places ? Selection::Kind::kPlaces : Selection::Kind::kZeros, selection->mask});
  return true;
}

bool raise_cast_of_selection(Raising& from) {
  const Selection* selection = from.selection(0);
  if (selection == nullptr || selection->kind != Selection::Kind::kZeros) return false;
  from.define_selection(*selection);
  return true;
}

Result<bool> raise_add_of_selection(Raising& from) {
  const Selection* selection = from.selection(0);
  if (selection == nullptr) return false;
  TRY(added, from.constant_floats(1, "what is added to the classes of the kept boxes"));
  if (selection->kind != Selection::Kind::kZeros || added.size() != 1 || added[0] != 1.0)
    return from.unsupported("of the kept boxes' classes only ones are made");
  from.define_selection({Selection::Kind::kOnes, selection->mask});
  return true;
}

template <>
Status raise<OnnxOpType::kScatterND>(Raising& from) {
  const Selection* places = from.selection(1);
  const Selection* ones = from.selection(2);
  TRY(base, from.value(0));
  if (places == nullptr || ones == nullptr || places->kind != Selection::Kind::kPlaces ||
      ones->kind != Selection::Kind::kOnes || !(places->mask == ones->mask) || !is_zero(from.builder(), base) ||
      from.string_attribute("reduction", "none") != "none") {
    return from.unsupported("it is only read where it puts ones in the places of kept boxes");
  }
  from.define(0, places->mask);
  return {};
}

}  // namespace modelport::onnx
