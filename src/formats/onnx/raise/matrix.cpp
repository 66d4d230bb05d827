#include <algorithm>

#include "formats/onnx/raise/raising.h"

namespace modelport::onnx {

namespace {

/// An attribute before opset `as_input_since`, the second input from there.
Result<std::vector<int64_t>> reduction_axes(Raising& from, int64_t as_input_since) {
  if (from.int_attribute("keepdims", 1) != 1) return from.unsupported("keepdims 0 is not read");
  std::vector<int64_t> axes;
  if (from.opset() < as_input_since) {
    axes = from.ints_attribute("axes").value_or(axes);
  } else {
    TRY(sizes, from.required_sizes(1, "axes"));
    for (const Dim& axis : sizes) axes.push_back(axis.constant().value_or(0));
  }
  TRY(x, from.value(0));
  for (int64_t& axis : axes) axis += axis < 0 ? static_cast<int64_t>(from.builder().shape(x).size()) : 0;
  std::sort(axes.begin(), axes.end());
  return axes;
}

/// A list of sizes becomes one of them; false where the operand is no such list.
template <class F>
bool fold_sizes(Raising& from, F f) {
  const auto list = from.sizes(0);
  if (!list || list->empty() || from.int_attribute("keepdims", 1) != 1) return false;
  Dim folded = list->front();
  for (const Dim& size : *list) folded = f(folded, size);
  from.define_sizes({folded});
  return true;
}

}  // namespace

template <>
Status raise<OnnxOpType::kMatMul>(Raising& from) {
  TRY(a, from.value(0));
  TRY(b, from.value(1));
  from.define(0, from.builder().matmul(a, b));
  return {};
}

template <>
Status raise<OnnxOpType::kGemm>(Raising& from) {
  if (from.int_attribute("transA", 0) != 0 || from.int_attribute("transB", 0) != 1 ||
      from.float_attribute("alpha", 1.0) != 1.0 || from.float_attribute("beta", 1.0) != 1.0) {
    return from.unsupported("only x times a transposed weight plus bias is read");
  }
  TRY(x, from.value(0));
  TRY(weight, from.value(1));
  std::optional<ValueId> bias;
  if (from.has_input(2)) {
    TRY(given, from.value(2));
    bias = given;
  }
  from.define(0, from.builder().linear(x, weight, bias));
  return {};
}

template <>
Status raise<OnnxOpType::kSoftmax>(Raising& from) {
  TRY(x, from.value(0));
  const size_t rank = from.builder().shape(x).size();
  TRY(axis, from.axis_attribute("axis", from.opset() < 13 ? 1 : -1, rank));
  // Before opset 13 all axes from this one on are one distribution.
  if (from.opset() < 13 && axis + 1 != static_cast<int64_t>(rank))
    return from.unsupported("before opset 13 it is only read on the last axis");
  from.define(0, from.builder().softmax(x, axis));
  return {};
}

template <>
Status raise<OnnxOpType::kLayerNormalization>(Raising& from) {
  TRY(x, from.value(0));
  TRY(scale, from.value(1));
  TRY(bias, from.value(2));
  const size_t rank = from.builder().shape(x).size();
  TRY(axis, from.axis_attribute("axis", -1, rank));
  from.define(0, from.builder().layer_norm(x, scale, bias,
                                           {static_cast<int64_t>(rank) - axis, from.float_attribute("epsilon", 1e-5)}));
  return {};
}

template <>
Status raise<OnnxOpType::kReduceMean>(Raising& from) {
  TRY(axes, reduction_axes(from, 18));
  TRY(x, from.value(0));
  from.define(0, from.builder().reduce_mean(x, std::move(axes)));
  return {};
}

template <>
Status raise<OnnxOpType::kReduceMax>(Raising& from) {
  if (fold_sizes(from, [](const Dim& a, const Dim& b) { return max(a, b); })) return {};
  TRY(axes, reduction_axes(from, 18));
  TRY(x, from.value(0));
  from.define(0, from.builder().reduce_max(x, std::move(axes)));
  return {};
}

template <>
Status raise<OnnxOpType::kReduceMin>(Raising& from) {
  if (fold_sizes(from, [](const Dim& a, const Dim& b) { return min(a, b); })) return {};
  return from.unsupported("it is only read on sizes");
}

template <>
Status raise<OnnxOpType::kReduceSum>(Raising& from) {
  TRY(axes, reduction_axes(from, 13));
  TRY(x, from.value(0));
  from.define(0, from.builder().reduce_sum(x, std::move(axes)));
  return {};
}

template <>
Status raise<OnnxOpType::kTopK>(Raising& from) {
  if (from.int_attribute("largest", 1) != 1 || from.int_attribute("sorted", 1) != 1)
    return from.unsupported("only the largest, sorted, are read");
  TRY(x, from.value(0));
  TRY(k, from.required_sizes(1, "k"));
  if (k.size() != 1) return from.unsupported("k is not one number");
  TRY(axis, from.axis_attribute("axis", -1, from.builder().shape(x).size()));
  const std::vector<ValueId> results = from.builder().emit(TopK{axis, k[0]}, {x});
  for (size_t i = 0; i < from.node().outputs.size() && i < results.size(); ++i) from.define(i, results[i]);
  return {};
}

template <>
Status raise<OnnxOpType::kArgMax>(Raising& from) {
  if (from.int_attribute("keepdims", 1) != 1 || from.int_attribute("select_last_index", 0) != 0)
    return from.unsupported("only the first of the largest is read, with its axis kept");
  TRY(x, from.value(0));
  TRY(axis, from.axis_attribute("axis", 0, from.builder().shape(x).size()));
  from.define(0, from.builder().topk(x, axis, 1).indices);
  return {};
}

}  // namespace modelport::onnx
