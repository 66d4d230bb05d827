#include <algorithm>
#include <numeric>

#include "ops/axis_permutation.h"
#include "ops/op_info.h"
#include "ops/type_rules.h"

namespace modelport {

namespace {

Result<std::vector<ValueType>> infer_topk(const Op& op, std::span<const ValueType> inputs) {
  const auto& topk = std::get<TopK>(op);
  ValueType values = inputs[0];
  CHECK_OK(require_axis(topk.axis, values.shape.size()));
  Dim& size = values.shape[static_cast<size_t>(topk.axis)];
  CHECK_OK(require_at_most(Dim(0), topk.k, "k"));
  CHECK_OK(require_at_most(topk.k, size, "k and size of the axis"));
  size = topk.k;
  ValueType indices{DType::kInt64, values.shape};
  return std::vector{std::move(values), std::move(indices)};
}

/// NaN counts as the largest value, as in torch.
template <class T>
bool outranks(T a, T b) {
  return a > b || (a != a && b == b);
}

template <class T>
void select(const Evaluation& e, size_t axis) {
  const Array& in = e.in(0);
  const int64_t size = in.shape[axis];
  const int64_t k = e.out().shape[axis];
  const int64_t stride = contiguous_strides(in.shape)[axis];
  const int64_t lanes = size == 0 ? 0 : in.size() / size;
  std::vector<int64_t> order(static_cast<size_t>(size));
  for (int64_t lane = 0; lane < lanes; ++lane) {
    const T* from = in.as<T>() + lane / stride * size * stride + lane % stride;
    const int64_t to = lane / stride * k * stride + lane % stride;
    std::iota(order.begin(), order.end(), 0);
    std::partial_sort(order.begin(), order.begin() + k, order.end(), [&](int64_t a, int64_t b) {
      const T left = from[a * stride], right = from[b * stride];
      return outranks(left, right) || (!outranks(right, left) && a < b);
    });
    for (int64_t i = 0; i < k; ++i) {
      e.out(0).as<T>()[to + i * stride] = from[order[static_cast<size_t>(i)] * stride];
      e.out(1).as<int64_t>()[to + i * stride] = order[static_cast<size_t>(i)];
    }
  }
}

void evaluate_topk(const Op& op, const Evaluation& e) {
  const auto axis = static_cast<size_t>(std::get<TopK>(op).axis);
  if (!is_float(e.in(0).dtype)) return select<int64_t>(e, axis);
  with_real(e.precision, [&](auto real) { select<decltype(real)>(e, axis); });
}

std::optional<Op> permute_axes_of_topk(const Op& op, std::span<const int64_t> permutation) {
  TopK topk = std::get<TopK>(op);
  topk.axis = permuted_axis(permutation, topk.axis);
  return topk;
}

}  // namespace

const OpInfo TopK::kInfo = {1, 1, infer_topk, evaluate_topk, nullptr, permute_axes_of_topk};

}  // namespace modelport
