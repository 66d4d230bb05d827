#include <algorithm>
#include <array>
#include <numeric>

#include "formats/onnx/lower/lowering.h"

namespace modelport::onnx {

namespace {

/// The ONNX operators of one reduction.
struct Reduction {
  OnnxOpType of_axes;
  int64_t axes_as_input_since;         ///< The axes are an attribute before this opset, the second input from there.
  std::optional<OnnxOpType> of_image;  ///< Over height and width of [N, C, H, W].
};

constexpr Reduction kMean = {OnnxOpType::kReduceMean, 18, OnnxOpType::kGlobalAveragePool};
constexpr Reduction kLargest = {OnnxOpType::kReduceMax, 18, OnnxOpType::kGlobalMaxPool};
constexpr Reduction kSum = {OnnxOpType::kReduceSum, 13, std::nullopt};

/// One node of a reduction; pooling has no axes.
struct ReductionStep {
  OnnxOpType type;
  std::vector<int64_t> axes;
};

/// Height and width of an image are pooled, and else never more than two axes go at once: OpenCV 4.8 reduces height and
/// width wrongly on several threads, and 4.8 to 4.14 reduce three axes wrongly.
std::vector<ReductionStep> steps(const Reduction& reduction, std::vector<int64_t> axes, size_t rank) {
  std::vector<ReductionStep> steps;
  if (reduction.of_image && rank == 4 && std::ranges::includes(axes, std::array<int64_t, 2>{2, 3})) {
    steps.push_back({*reduction.of_image, {}});
    axes.resize(axes.size() - 2);
  }
  if (axes.size() > 2) {
    for (const int64_t axis : axes) steps.push_back({reduction.of_axes, {axis}});
  } else if (!axes.empty()) {
    steps.push_back({reduction.of_axes, std::move(axes)});
  }
  return steps;
}

Status reduce(const Node& node, const Reduction& reduction, const std::vector<int64_t>& axes, Lowering& to) {
  std::string x = to.name(node.inputs[0]);
  const std::vector<ReductionStep> all = steps(reduction, axes, to.shape(node.inputs[0]).size());
  for (const ReductionStep& step : all) {
    std::vector<std::string> inputs{std::move(x)};
    std::vector<OnnxAttribute> attributes;
    if (!step.axes.empty()) {
      if (to.opset() < reduction.axes_as_input_since) {
        attributes.push_back({"axes", step.axes});
      } else {
        inputs.push_back(to.int64s(step.axes));
      }
      attributes.push_back({"keepdims", int64_t{1}});
    }
    if (&step == &all.back()) {
      to.node(node, step.type, std::move(inputs), std::move(attributes));
    } else {
      x = to.inner(step.type, std::move(inputs), std::move(attributes));
    }
  }
  return {};
}

}  // namespace

/// A constant on the left gets the other operand's rank: OpenCV up to 4.8 does not load one of fewer axes.
template <>
Status emit<MatMul>(const Node& node, Lowering& to) {
  const std::optional<WeightRecipe>& left = to.graph()[node.inputs[0]].constant;
  const size_t rank = to.shape(node.inputs[1]).size();
  std::vector<std::string> inputs;
  if (left && left->shape().size() < rank) {
    Shape shape(rank - left->shape().size(), 1);
    shape.insert(shape.end(), left->shape().begin(), left->shape().end());
    inputs = {to.initializer("constant", left->reshape(std::move(shape))), to.name(node.inputs[1])};
  } else {
    inputs = to.names(node.inputs);
  }
  to.node(node, OnnxOpType::kMatMul, std::move(inputs));
  return {};
}

template <>
Status emit<Linear>(const Node& node, Lowering& to) {
  const ValueId weight = node.inputs[1];
  if (to.shape(node.inputs[0]).size() == 2) {
    std::vector<std::string> inputs{to.name(node.inputs[0]), to.name(weight, "weight")};
    if (node.inputs.size() > 2) inputs.push_back(to.name(node.inputs[2], "bias"));
    to.node(node, OnnxOpType::kGemm, std::move(inputs), {{"transB", int64_t{1}}});
    return {};
  }
  const auto& constant = to.graph()[weight].constant;
  std::string transposed =
      constant ? to.initializer("weight", constant->permute({1, 0}))
               : to.inner(OnnxOpType::kTranspose, {to.name(weight)}, {{"perm", std::vector<int64_t>{1, 0}}});
  std::vector<std::string> inputs{to.name(node.inputs[0]), std::move(transposed)};
  if (node.inputs.size() == 2) {
    to.node(node, OnnxOpType::kMatMul, std::move(inputs));
    return {};
  }
  std::string product = to.inner(OnnxOpType::kMatMul, std::move(inputs));
  to.node(node, OnnxOpType::kAdd, {std::move(product), to.name(node.inputs[2], "bias")});
  return {};
}

template <>
Status emit<LayerNorm>(const Node& node, Lowering& to) {
  const auto& norm = std::get<LayerNorm>(node.op);
  const auto rank = static_cast<int64_t>(to.shape(node.inputs[0]).size());
  to.node(node, OnnxOpType::kLayerNormalization,
          {to.name(node.inputs[0]), to.name(node.inputs[1], "weight"), to.name(node.inputs[2], "bias")},
          {{"axis", rank - norm.axes}, {"epsilon", static_cast<float>(norm.epsilon)}});
  return {};
}

template <>
Status emit<ReduceMean>(const Node& node, Lowering& to) {
  return reduce(node, kMean, std::get<ReduceMean>(node.op).axes, to);
}

template <>
Status emit<ReduceMax>(const Node& node, Lowering& to) {
  return reduce(node, kLargest, std::get<ReduceMax>(node.op).axes, to);
}

template <>
Status emit<ReduceSum>(const Node& node, Lowering& to) {
  return reduce(node, kSum, std::get<ReduceSum>(node.op).axes, to);
}

/// Before opset 13 the axes from `axis` on are one distribution: it is turned to the end.
template <>
Status emit<Softmax>(const Node& node, Lowering& to) {
  const int64_t axis = std::get<Softmax>(node.op).axis;
  const auto last = static_cast<int64_t>(to.shape(node.inputs[0]).size()) - 1;
  if (to.opset() >= 13 || axis == last) {
    to.node(node, OnnxOpType::kSoftmax, to.names(node.inputs), {{"axis", axis}});
    return {};
  }
  std::vector<int64_t> swap(static_cast<size_t>(last + 1));
  std::iota(swap.begin(), swap.end(), int64_t{0});
  std::swap(swap[static_cast<size_t>(axis)], swap.back());
  std::string turned = to.inner(OnnxOpType::kTranspose, to.names(node.inputs), {{"perm", swap}});
  std::string shares = to.inner(OnnxOpType::kSoftmax, {std::move(turned)}, {{"axis", last}});
  to.node(node, OnnxOpType::kTranspose, {std::move(shares)}, {{"perm", swap}});
  return {};
}

/// Where only the place of the largest is asked for it is ArgMax, which engines without TopK have.
template <>
Status emit<TopK>(const Node& node, Lowering& to) {
  const auto& top = std::get<TopK>(node.op);
  if (top.k == Dim(1) && !to.is_used(node.outputs[0])) {
    to.output(node, 1, OnnxOpType::kArgMax, to.names(node.inputs), {{"axis", top.axis}, {"keepdims", int64_t{1}}});
    return {};
  }
  TRY(k, to.sizes().size(top.k));
  to.node(node, OnnxOpType::kTopK, {to.name(node.inputs[0]), std::move(k)},
          {{"axis", top.axis}, {"largest", int64_t{1}}, {"sorted", int64_t{1}}});
  return {};
}

}  // namespace modelport::onnx
