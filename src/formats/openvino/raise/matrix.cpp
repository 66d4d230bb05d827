#include <numeric>

#include "formats/openvino/raise/raising.h"

namespace modelport::openvino {

namespace {

/// The operand, its last two axes exchanged where the attribute says so. A vector stays what it is.
Result<ValueId> operand(Raising& from, size_t index, std::string_view attribute) {
  TRY(x, from.value(index));
  const size_t rank = from.builder().shape(x).size();
  if (!from.flag(attribute, "false") || rank < 2) return x;
  std::vector<int64_t> order(rank);
  std::iota(order.begin(), order.end(), int64_t{0});
  std::swap(order[rank - 1], order[rank - 2]);
  return from.builder().permute(x, std::move(order));
}

template <class T>
Status reduce(Raising& from) {
  if (!from.flag("keep_dims", "false")) return from.unsupported("only keep_dims is read");
  TRY(x, from.value(0));
  TRY(axes, from.integers(1, "the axes"));
  const auto rank = static_cast<int64_t>(from.builder().shape(x).size());
  for (int64_t& axis : axes) axis += axis < 0 ? rank : 0;
  std::sort(axes.begin(), axes.end());
  from.define(0, from.builder().emit(T{std::move(axes)}, {x})[0]);
  return {};
}

}  // namespace

template <>
Status raise<OpenvinoOpType::kMatMul>(Raising& from) {
  TRY(a, operand(from, 0, "transpose_a"));
  TRY(b, operand(from, 1, "transpose_b"));
  from.define(0, from.builder().matmul(a, b));
  return {};
}

template <>
Status raise<OpenvinoOpType::kSoftMax>(Raising& from) {
  TRY(x, from.value(0));
  TRY(axis, from.axis_attribute("axis", from.builder().shape(x).size()));
  from.define(0, from.builder().softmax(x, axis));
  return {};
}

template <>
Status raise<OpenvinoOpType::kMVN>(Raising& from) {
  if (!from.flag("normalize_variance", "") || from.text_attribute("eps_mode", "") != "inside_sqrt")
    return from.unsupported("only a variance with eps inside the root is read");
  TRY(x, from.value(0));
  TRY(axes, from.integers(1, "the axes"));
  TRY(epsilon, from.float_attribute("eps"));
  GraphBuilder& builder = from.builder();
  const SymbolicShape shape = builder.shape(x);
  const auto rank = static_cast<int64_t>(shape.size()), count = static_cast<int64_t>(axes.size());
  for (int64_t i = 0; i < count; ++i) {
    const int64_t axis = axes[static_cast<size_t>(i)] + (axes[static_cast<size_t>(i)] < 0 ? rank : 0);
    if (count > rank || axis != rank - count + i) return from.unsupported("only the last axes are read");
  }
  const SymbolicShape normalised(shape.end() - count, shape.end());
  const ValueId one = builder.cast(builder.scalar(1), builder.type(x).dtype);
  const ValueId zero = builder.cast(builder.scalar(0), builder.type(x).dtype);
  from.define(
      0, builder.layer_norm(x, builder.expand(one, normalised), builder.expand(zero, normalised), {count, epsilon}));
  return {};
}

template <>
Status raise<OpenvinoOpType::kReduceMax>(Raising& from) {
  return reduce<ReduceMax>(from);
}
template <>
Status raise<OpenvinoOpType::kReduceMean>(Raising& from) {
  return reduce<ReduceMean>(from);
}
template <>
Status raise<OpenvinoOpType::kReduceSum>(Raising& from) {
  return reduce<ReduceSum>(from);
}

}  // namespace modelport::openvino
