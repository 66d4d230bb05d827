#include <algorithm>

#include "formats/openvino/raise/selection.h"

namespace modelport::openvino {

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
Status raise<OpenvinoOpType::kTopK>(Raising& from) {
  if (from.text_attribute("mode", "") != "max" || from.text_attribute("sort", "") != "value" ||
      from.text_attribute("index_element_type", "i32") != "i64") {
    return from.unsupported("only the largest, sorted by value, with i64 indices are read");
  }
  TRY(x, from.value(0));
  TRY(k, from.one_size(1, "k"));
  TRY(axis, from.axis_attribute("axis", from.builder().shape(x).size()));
  const auto [values, indices] = from.builder().topk(x, axis, k);
  from.define(0, values);
  from.define(1, indices);
  return {};
}

template <>
Status raise<OpenvinoOpType::kGatherElements>(Raising& from) {
  TRY(x, from.value(0));
  TRY(indices, from.value(1));
  TRY(axis, from.axis_attribute("axis", from.builder().shape(x).size()));
  from.define(0, from.builder().gather_elements(x, indices, axis));
  return {};
}

template <>
Status raise<OpenvinoOpType::kGridSample>(Raising& from) {
  if (from.flag("align_corners", "false") || from.text_attribute("mode", "bilinear") != "bilinear" ||
      from.text_attribute("padding_mode", "zeros") != "zeros") {
    return from.unsupported("only bilinear samples between outer edges, zero outside, are read");
  }
  TRY(x, from.value(0));
  TRY(grid, from.value(1));
  from.define(0, from.builder().grid_sample(x, grid));
  return {};
}

template <>
Status raise<OpenvinoOpType::kNonMaxSuppression>(Raising& from) {
  if (from.text_attribute("box_encoding", "corner") != "corner" || from.input_count() != 5)
    return from.unsupported("only boxes as corners, and five inputs, are read");
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
  from.define_selection({Selection::Kind::kRows, from.builder().emit(nms, {boxes, of_class})[0]});
  return {};
}

Result<bool> gather_of_selection(Raising& from) {
  const Selection* selection = from.selection(0);
  if (selection == nullptr) return false;
  TRY(columns, from.integers(1, "columns of the kept boxes"));
  TRY(axis, from.integer(2, "the axis"));
  const bool places = columns == std::vector<int64_t>{0, 2};
  const bool classes = columns == std::vector<int64_t>{1};
  if (selection->kind != Selection::Kind::kRows || axis != 1 || (!places && !classes))
    return from.unsupported("of the kept boxes only (image, box) and the class are read");
  from.define_selection({places ? Selection::Kind::kPlaces : Selection::Kind::kZeros, selection->mask});
  return true;
}

bool convert_of_selection(Raising& from) {
  const Selection* selection = from.selection(0);
  if (selection == nullptr || selection->kind != Selection::Kind::kZeros) return false;
  from.define_selection(*selection);
  return true;
}

Result<bool> add_of_selection(Raising& from) {
  const Selection* selection = from.selection(0);
  if (selection == nullptr) return false;
  TRY(added, from.constant_floats(1, "what is added to the classes of the kept boxes"));
  if (selection->kind != Selection::Kind::kZeros || added.size() != 1 || added[0] != 1.0)
    return from.unsupported("of the kept boxes' classes only ones are made");
  from.define_selection({Selection::Kind::kOnes, selection->mask});
  return true;
}

template <>
Status raise<OpenvinoOpType::kScatterNDUpdate>(Raising& from) {
  const Selection* places = from.selection(1);
  const Selection* ones = from.selection(2);
  TRY(base, from.value(0));
  if (places == nullptr || ones == nullptr || places->kind != Selection::Kind::kPlaces ||
      ones->kind != Selection::Kind::kOnes || !(places->mask == ones->mask) || !is_zero(from.builder(), base)) {
    return from.unsupported("it is only read where it puts ones in the places of kept boxes");
  }
  from.define(0, places->mask);
  return {};
}

}  // namespace modelport::openvino
