#include <numeric>

#include "formats/openvino/raise/raise_functions.h"

namespace modelport::openvino::from_openvino {

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

Status mat_mul(Raising& from) {
  TRY(a, operand(from, 0, "transpose_a"));
  TRY(b, operand(from, 1, "transpose_b"));
  from.define(0, from.builder().matmul(a, b));
  return {};
}

Status soft_max(Raising& from) {
  TRY(x, from.value(0));
  TRY(axis, from.axis_attribute("axis", from.builder().shape(x).size()));
  from.define(0, from.builder().softmax(x, axis));
  return {};
}

Status mvn(Raising& from) {
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

Status reduce_max(Raising& from) { return reduce<ReduceMax>(from); }
Status reduce_mean(Raising& from) { return reduce<ReduceMean>(from); }
Status reduce_sum(Raising& from) { return reduce<ReduceSum>(from); }

}  // namespace modelport::openvino::from_openvino
