#include <numeric>

#include "kernels/matmul.h"
#include "kernels/softmax.h"
#include "ops/graph_builder.h"
#include "ops/op_info.h"
#include "ops/type_rules.h"

namespace modelport {

namespace {

/// q [..., n, d], k [..., m, d], v [..., m, e] of one rank and equal leading axes -> [..., n, e].
Result<std::vector<ValueType>> infer_attention(const Op&, std::span<const ValueType> inputs) {
  const SymbolicShape& q = inputs[0].shape;
  const size_t rank = q.size();
  if (rank < 2) return fail(ErrorCode::kInconsistentModel, "query {} is not a matrix", shape_text(q));
  for (size_t i = 1; i < 3; ++i) {
    CHECK_OK(require_rank(inputs[i], rank, "key and value"));
    CHECK_OK(require_same_dtype(inputs[i].dtype, inputs[0].dtype, "dtype of query, key and value"));
    for (size_t axis = 0; axis + 2 < rank; ++axis)
      CHECK_OK(require_same_size(q[axis], inputs[i].shape[axis], "leading size of query, key and value"));
  }
  CHECK_OK(require_same_size(q[rank - 1], inputs[1].shape[rank - 1], "features of query and key"));
  CHECK_OK(require_same_size(inputs[1].shape[rank - 2], inputs[2].shape[rank - 2], "length of key and value"));
  ValueType out = inputs[0];
  out.shape[rank - 1] = inputs[2].shape[rank - 1];
  return std::vector{out};
}

template <class Real>
void attend(const Real* q, const Real* k, const Real* v, Real* y, int64_t n, int64_t m, int64_t d, int64_t e,
            Real scale, ThreadPool& pool) {
  std::vector<Real> turned(static_cast<size_t>(d * m)), weights(static_cast<size_t>(n * m));
  for (int64_t row = 0; row < m; ++row) {
    for (int64_t i = 0; i < d; ++i) turned[static_cast<size_t>(i * m + row)] = k[row * d + i];
  }
  matmul(n, m, d, q, turned.data(), nullptr, weights.data(), pool);
  for (Real& weight : weights) weight *= scale;
  softmax(n, m, 1, weights.data(), weights.data(), pool);
  matmul(n, e, m, weights.data(), v, nullptr, y, pool);
}

void evaluate_attention(const Op& op, const Evaluation& e) {
  const Shape& q = e.in(0).shape;
  const size_t rank = q.size();
  const int64_t n = q[rank - 2], d = q[rank - 1], m = e.in(1).shape[rank - 2], width = e.in(2).shape[rank - 1];
  const int64_t count = e.in(0).size() / std::max<int64_t>(1, n * d);
  with_real(e.precision, [&](auto real) {
    using Real = decltype(real);
    for (int64_t i = 0; i < count; ++i) {
      attend(e.in(0).as<Real>() + i * n * d, e.in(1).as<Real>() + i * m * d, e.in(2).as<Real>() + i * m * width,
             e.out().as<Real>() + i * n * width, n, m, d, width, static_cast<Real>(std::get<Attention>(op).scale),
             e.pool);
    }
  });
}

std::vector<ValueId> decompose_attention(const Op& op, std::span<const ValueId> inputs, GraphBuilder& b) {
  const auto rank = static_cast<int64_t>(b.shape(inputs[0]).size());
  std::vector<int64_t> turn(static_cast<size_t>(rank));
  std::iota(turn.begin(), turn.end(), int64_t{0});
  if (rank >= 2) std::swap(turn[turn.size() - 1], turn[turn.size() - 2]);
  const ValueId scale = b.cast(b.scalar(std::get<Attention>(op).scale), b.type(inputs[0]).dtype);
  const ValueId weights = b.softmax(b.mul(b.matmul(inputs[0], b.permute(inputs[1], turn)), scale), rank - 1);
  return {b.matmul(weights, inputs[2])};
}

}  // namespace

const CompositeInfo Attention::kInfo = OpInfo{3, 3, infer_attention, evaluate_attention, decompose_attention};

}  // namespace modelport
