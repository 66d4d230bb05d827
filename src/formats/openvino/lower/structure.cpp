#include <limits>

#include "formats/openvino/layout.h"
#include "formats/openvino/lower/lowering.h"

namespace modelport::openvino {

template <>
Status emit<Concat>(const Node& node, Lowering& to) {
  to.node(node, OpenvinoOpType::kConcat, to.values(node.inputs),
          {{"axis", fmt::format("{}", std::get<Concat>(node.op).axis)}});
  return {};
}

template <>
Status emit<Split>(const Node& node, Lowering& to) {
  const auto& split = std::get<Split>(node.op);
  TRY(sizes, to.sizes().list(split.sizes));
  to.node(node, OpenvinoOpType::kVariadicSplit,
          {to.value(node.inputs[0]), to.scalar(static_cast<double>(split.axis), DType::kInt64), sizes});
  return {};
}

template <>
Status emit<Slice>(const Node& node, Lowering& to) {
  const auto& slice = std::get<Slice>(node.op);
  const Dim& size = to.shape(node.inputs[0])[static_cast<size_t>(slice.axis)];
  TRY(begin, to.sizes().size(slice.begin));
  // An end beyond the axis means its end, so that a varying size needs no arithmetic.
  TRY(end,
      to.sizes().size(slice.end == size && !size.is_constant() ? Dim(std::numeric_limits<int64_t>::max()) : slice.end));
  to.node(node, OpenvinoOpType::kSlice,
          {to.value(node.inputs[0]), begin, end, to.int64s({1}), to.int64s({slice.axis})});
  return {};
}

template <>
Status emit<Permute>(const Node& node, Lowering& to) {
  to.node(node, OpenvinoOpType::kTranspose,
          {to.value(node.inputs[0]), to.int64s(std::get<Permute>(node.op).permutation)});
  return {};
}

namespace {

Status reshape(const Node& node, Lowering& to) {
  TRY(target, to.sizes().list(reshape_sizes(to.shape(node.inputs[0]), to.shape(node.outputs[0]))));
  to.node(node, OpenvinoOpType::kReshape, {to.value(node.inputs[0]), target}, {{"special_zero", "true"}});
  return {};
}

}  // namespace

template <>
Status emit<SplitAxis>(const Node& node, Lowering& to) {
  return reshape(node, to);
}

template <>
Status emit<MergeAxes>(const Node& node, Lowering& to) {
  return reshape(node, to);
}

template <>
Status emit<Reshape>(const Node& node, Lowering& to) {
  return reshape(node, to);
}

template <>
Status emit<Expand>(const Node& node, Lowering& to) {
  const SymbolicShape& from = to.shape(node.inputs[0]);
  SymbolicShape target = std::get<Expand>(node.op).shape;
  const size_t added = target.size() - from.size();
  // Bidirectional broadcasting: 1 keeps the operand's size.
  for (size_t axis = 0; axis < from.size(); ++axis) {
    if (!target[added + axis].is_constant() && target[added + axis] == from[axis]) target[added + axis] = 1;
  }
  TRY(sizes, to.sizes().list(target));
  to.node(node, OpenvinoOpType::kBroadcast, {to.value(node.inputs[0]), sizes}, {{"mode", "bidirectional"}});
  return {};
}

template <>
Status emit<Range>(const Node& node, Lowering& to) {
  const auto& range = std::get<Range>(node.op);
  const auto element = layout::element_type(range.dtype);
  TRY(size, to.size_scalar(range.size));
  to.node(node, OpenvinoOpType::kRange, {to.scalar(0, DType::kInt64), size, to.scalar(1, DType::kInt64)},
          {{"output_type", std::string(element->attribute)}});
  return {};
}

template <>
Status emit<Gather>(const Node& node, Lowering& to) {
  to.node(node, OpenvinoOpType::kGather,
          {to.value(node.inputs[0]), to.value(node.inputs[1], "indices"),
           to.scalar(static_cast<double>(std::get<Gather>(node.op).axis), DType::kInt64)},
          {{"batch_dims", "0"}});
  return {};
}

}  // namespace modelport::openvino
