#include "formats/torchscript/lower/lowering.h"

namespace modelport::torchscript {

namespace {
using E = TorchExpression;
}  // namespace

template <>
Status emit<Concat>(const Node& node, Lowering& to) {
  to.node(node, "torch.cat", {E::list(to.values(node.inputs)), E::of(std::get<Concat>(node.op).axis)});
  return {};
}

template <>
Status emit<Split>(const Node& node, Lowering& to) {
  const auto& split = std::get<Split>(node.op);
  TRY(sizes, to.sizes(split.sizes));
  to.node(node, "torch.split_with_sizes", {to.value(node.inputs[0]), sizes, E::of(split.axis)});
  return {};
}

template <>
Status emit<Slice>(const Node& node, Lowering& to) {
  const auto& slice = std::get<Slice>(node.op);
  TRY(begin, to.size(slice.begin));
  TRY(end, to.size(slice.end));
  to.node(node, "torch.slice", {to.value(node.inputs[0]), E::of(slice.axis), begin, end, E::of(1)});
  return {};
}

template <>
Status emit<Permute>(const Node& node, Lowering& to) {
  to.node(node, "torch.permute", {to.value(node.inputs[0]), E::integers(std::get<Permute>(node.op).permutation)});
  return {};
}

namespace {

Status reshape(const Node& node, Lowering& to) {
  TRY(target, to.reshape_target(to.shape(node.outputs[0])));
  to.node(node, "torch.reshape", {to.value(node.inputs[0]), target});
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
  TRY(target, to.sizes(std::get<Expand>(node.op).shape));
  to.node(node, "torch.expand", {to.value(node.inputs[0]), target});
  return {};
}

template <>
Status emit<Range>(const Node& node, Lowering& to) {
  const auto& range = std::get<Range>(node.op);
  TRY(size, to.size(range.size));
  const E dtype = to.dtype(range.dtype), device = to.device();
  to.node(node, "torch.arange", {size},
          {{"dtype", dtype}, {"layout", E::none()}, {"device", device}, {"pin_memory", E::truth(false)}});
  return {};
}

template <>
Status emit<Gather>(const Node& node, Lowering& to) {
  const int64_t axis = std::get<Gather>(node.op).axis;
  const E x = to.value(node.inputs[0]), indices = to.value(node.inputs[1], "indices");
  if (to.shape(node.inputs[1]).size() == 1) {
    to.node(node, "torch.index_select", {x, E::of(axis), indices});
    return {};
  }
  const E flat = to.inner("torch.reshape", {indices, E::integers({-1})});
  const E taken = to.inner("torch.index_select", {x, E::of(axis), flat});
  TRY(target, to.reshape_target(to.shape(node.outputs[0])));
  to.node(node, "torch.reshape", {taken, target});
  return {};
}

}  // namespace modelport::torchscript
