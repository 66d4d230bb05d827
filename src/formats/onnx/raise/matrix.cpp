#include <algorithm>

#include "formats/onnx/raise/raise_functions.h"

namespace modelport {

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

}  // namespace

Status raise_matmul(Raising& from) {
  TRY(a, from.value(0));
  TRY(b, from.value(1));
  from.define(0, from.builder().matmul(a, b));
  return {};
}

Status raise_gemm(Raising& from) {
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

Status raise_softmax(Raising& from) {
  TRY(x, from.value(0));
  TRY(axis, from.axis_attribute("axis", -1, from.builder().shape(x).size()));
  from.define(0, from.builder().softmax(x, axis));
  return {};
}

Status raise_layer_normalization(Raising& from) {
  TRY(x, from.value(0));
  TRY(scale, from.value(1));
  TRY(bias, from.value(2));
  const size_t rank = from.builder().shape(x).size();
  TRY(axis, from.axis_attribute("axis", -1, rank));
  from.define(0, from.builder().layer_norm(x, scale, bias,
                                           {static_cast<int64_t>(rank) - axis, from.float_attribute("epsilon", 1e-5)}));
  return {};
}

Status raise_reduce_mean(Raising& from) {
  TRY(axes, reduction_axes(from, 18));
  TRY(x, from.value(0));
  from.define(0, from.builder().reduce_mean(x, std::move(axes)));
  return {};
}

Status raise_reduce_max(Raising& from) {
  TRY(axes, reduction_axes(from, 18));
  TRY(x, from.value(0));
  from.define(0, from.builder().reduce_max(x, std::move(axes)));
  return {};
}

Status raise_reduce_sum(Raising& from) {
  TRY(axes, reduction_axes(from, 13));
  TRY(x, from.value(0));
  from.define(0, from.builder().reduce_sum(x, std::move(axes)));
  return {};
}

Status raise_top_k(Raising& from) {
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

}  // namespace modelport
