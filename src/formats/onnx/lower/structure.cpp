#include <limits>

#include "formats/onnx/layout.h"
#include "formats/onnx/lower/lowering.h"

namespace modelport::onnx {

template <>
Status emit<Concat>(const Node& node, Lowering& to) {
  to.node(node, OnnxOpType::kConcat, to.names(node.inputs), {{"axis", std::get<Concat>(node.op).axis}});
  return {};
}

/// As slices: OpenCV 4.7 takes every Split of opset 13 for one into equal parts, and cannot add a part to a
/// convolution's result. ONNX Runtime makes one Split of them again.
template <>
Status emit<Split>(const Node& node, Lowering& to) {
  const auto& split = std::get<Split>(node.op);
  Dim begin(0);
  for (size_t i = 0; i < split.sizes.size(); ++i) {
    const Dim end = begin + split.sizes[i];
    TRY(from, to.sizes().size(begin));
    TRY(until, to.sizes().size(end));
    to.output(node, i, OnnxOpType::kSlice,
              {to.name(node.inputs[0]), std::move(from), std::move(until), to.int64s({split.axis})});
    begin = end;
  }
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
  to.node(node, OnnxOpType::kSlice,
          {to.name(node.inputs[0]), std::move(begin), std::move(end), to.int64s({slice.axis})});
  return {};
}

template <>
Status emit<Permute>(const Node& node, Lowering& to) {
  to.node(node, OnnxOpType::kTranspose, to.names(node.inputs), {{"perm", std::get<Permute>(node.op).permutation}});
  return {};
}

namespace {

Status reshape(const Node& node, Lowering& to) {
  TRY(target, to.sizes().list(reshape_sizes(to.shape(node.inputs[0]), to.shape(node.outputs[0]))));
  to.node(node, OnnxOpType::kReshape, {to.name(node.inputs[0]), std::move(target)});
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
  // ONNX broadcasts both ways: 1 keeps the operand's size.
  for (size_t axis = 0; axis < from.size(); ++axis) {
    if (!target[added + axis].is_constant() && target[added + axis] == from[axis]) target[added + axis] = 1;
  }
  TRY(sizes, to.sizes().list(target));
  to.node(node, OnnxOpType::kExpand, {to.name(node.inputs[0]), std::move(sizes)});
  return {};
}

template <>
Status emit<Range>(const Node& node, Lowering& to) {
  const auto& range = std::get<Range>(node.op);
  TRY(size, to.sizes().size(range.size));
  std::string limit = to.opset() < 13 ? to.inner(OnnxOpType::kSqueeze, {size}, {{"axes", std::vector<int64_t>{0}}})
                                      : to.inner(OnnxOpType::kSqueeze, {size, to.int64s({0})});
  std::vector<std::string> inputs{to.scalar(0, DType::kInt64), std::move(limit), to.scalar(1, DType::kInt64)};
  if (range.dtype == DType::kInt64) {
    to.node(node, OnnxOpType::kRange, std::move(inputs));
    return {};
  }
  std::string counted = to.inner(OnnxOpType::kRange, std::move(inputs));
  to.node(node, OnnxOpType::kCast, {std::move(counted)},
          {{"to", static_cast<int64_t>(layout::data_type_code(range.dtype))}});
  return {};
}

template <>
Status emit<Gather>(const Node& node, Lowering& to) {
  to.node(node, OnnxOpType::kGather, {to.name(node.inputs[0]), to.name(node.inputs[1], "indices")},
          {{"axis", std::get<Gather>(node.op).axis}});
  return {};
}

template <>
Status emit<GatherElements>(const Node& node, Lowering& to) {
  to.node(node, OnnxOpType::kGatherElements, {to.name(node.inputs[0]), to.name(node.inputs[1], "indices")},
          {{"axis", std::get<GatherElements>(node.op).axis}});
  return {};
}

}  // namespace modelport::onnx
