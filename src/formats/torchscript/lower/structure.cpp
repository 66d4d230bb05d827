#include "formats/torchscript/lower/lower_functions.h"

namespace modelport::torchscript::to_torch {

namespace {
using E = TorchExpression;
}  // namespace

Status concat(const Node& node, Lowering& to) {
  to.node(node, "torch.cat", {E::list(to.values(node.inputs)), E::of(std::get<Concat>(node.op).axis)});
  return {};
}

Status split(const Node& node, Lowering& to) {
  const auto& split = std::get<Split>(node.op);
  TRY(sizes, to.sizes(split.sizes));
  to.node(node, "torch.split_with_sizes", {to.value(node.inputs[0]), sizes, E::of(split.axis)});
  return {};
}

Status slice(const Node& node, Lowering& to) {
  const auto& slice = std::get<Slice>(node.op);
  TRY(begin, to.size(slice.begin));
  TRY(end, to.size(slice.end));
  to.node(node, "torch.slice", {to.value(node.inputs[0]), E::of(slice.axis), begin, end, E::of(1)});
  return {};
}

Status permute(const Node& node, Lowering& to) {
  to.node(node, "torch.permute", {to.value(node.inputs[0]), E::integers(std::get<Permute>(node.op).permutation)});
  return {};
}

Status reshape(const Node& node, Lowering& to) {
  TRY(target, to.reshape_target(to.shape(node.outputs[0])));
  to.node(node, "torch.reshape", {to.value(node.inputs[0]), target});
  return {};
}

Status expand(const Node& node, Lowering& to) {
  TRY(target, to.sizes(std::get<Expand>(node.op).shape));
  to.node(node, "torch.expand", {to.value(node.inputs[0]), target});
  return {};
}

Status range(const Node& node, Lowering& to) {
  const auto& range = std::get<Range>(node.op);
  TRY(size, to.size(range.size));
  const E dtype = to.dtype(range.dtype), device = to.device();
  to.node(node, "torch.arange", {size},
          {{"dtype", dtype}, {"layout", E::none()}, {"device", device}, {"pin_memory", E::truth(false)}});
  return {};
}

Status gather(const Node& node, Lowering& to) {
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

}  // namespace modelport::torchscript::to_torch
