#include "formats/torchscript/lower/lowering.h"
#include "formats/torchscript/nms_code.h"

namespace modelport::torchscript {

namespace {
using E = TorchExpression;
}  // namespace

template <>
Status emit<TopK>(const Node& node, Lowering& to) {
  const auto& top = std::get<TopK>(node.op);
  TRY(k, to.size(top.k));
  // torch.topk leaves open which of equal values comes first, and so which of them suppression keeps.
  const std::vector<E> sorted =
      to.inner_parts(2, "torch.sort", {to.value(node.inputs[0])},
                     {{"stable", E::truth(true)}, {"dim", E::of(top.axis)}, {"descending", E::truth(true)}});
  for (size_t i = 0; i < node.outputs.size(); ++i)
    to.output(node.outputs[i], "torch.slice", {sorted[i], E::of(top.axis), E::of(0), k, E::of(1)});
  return {};
}

template <>
Status emit<GatherElements>(const Node& node, Lowering& to) {
  to.node(
      node, "torch.gather",
      {to.value(node.inputs[0]), E::of(std::get<GatherElements>(node.op).axis), to.value(node.inputs[1], "indices")});
  return {};
}

template <>
Status emit<GridSample>(const Node& node, Lowering& to) {
  // Bilinear, zeros outside, corners not aligned.
  to.node(node, "torch.grid_sampler",
          {to.value(node.inputs[0]), to.value(node.inputs[1]), E::of(0), E::of(0), E::truth(false)});
  return {};
}

template <>
Status emit<NonMaxSuppression>(const Node& node, Lowering& to) {
  const auto& nms = std::get<NonMaxSuppression>(node.op);
  to.require_suppression();
  to.node(node, std::string(kTorchNmsFunction),
          {to.value(node.inputs[0]), to.value(node.inputs[1]), E::real(nms.iou_threshold), E::real(nms.score_threshold),
           E::of(nms.max_output)});
  return {};
}

}  // namespace modelport::torchscript
