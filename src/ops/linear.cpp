#include "kernels/matmul.h"

#include "ops/graph_builder.h"
#include "ops/op_info.h"
#include "ops/type_rules.h"

namespace modelport {

namespace {

Result<std::vector<ValueType>> infer_linear(const Op&, std::span<const ValueType> inputs) {
  ValueType out = inputs[0];
  if (out.shape.empty()) return fail(ErrorCode::kInconsistentModel, "operand has no axes");
  CHECK_OK(require_rank(inputs[1], 2, "weight"));
  CHECK_OK(require_same_dtype(out.dtype, inputs[1].dtype, "dtype of operand and weight"));
  CHECK_OK(require_same_size(out.shape.back(), inputs[1].shape[1],
                             "last size of the operand and input features of the weight"));
  if (inputs.size() == 3) {
    CHECK_OK(require_rank(inputs[2], 1, "bias"));
    CHECK_OK(require_same_size(inputs[2].shape[0], inputs[1].shape[0], "size of the bias and output features"));
    CHECK_OK(require_same_dtype(out.dtype, inputs[2].dtype, "dtype of operand and bias"));
  }
  out.shape.back() = inputs[1].shape[0];
  return std::vector{out};
}

void evaluate_linear(const Op&, const Evaluation& e) {
  const int64_t in = e.in(1).shape[1], out = e.in(1).shape[0], rows = e.out().size() / std::max<int64_t>(1, out);
  with_real(e.precision, [&](auto real) {
    using Real = decltype(real);
    const Real* weight = e.in(1).as<Real>();
    std::vector<Real> turned(static_cast<size_t>(in * out));
    for (int64_t o = 0; o < out; ++o) {
      for (int64_t i = 0; i < in; ++i) turned[static_cast<size_t>(i * out + o)] = weight[o * in + i];
    }
    Real* y = e.out().as<Real>();
    matmul(rows, out, in, e.in(0).as<Real>(), turned.data(), nullptr, y, e.pool);
    if (e.inputs.size() < 3) return;
    const Real* bias = e.in(2).as<Real>();
    for (int64_t row = 0; row < rows; ++row) {
      for (int64_t o = 0; o < out; ++o) y[row * out + o] += bias[o];
    }
  });
}

std::vector<ValueId> decompose_linear(const Op&, std::span<const ValueId> inputs, GraphBuilder& b) {
  const ValueId product = b.matmul(inputs[0], b.permute(inputs[1], {1, 0}));
  return {inputs.size() == 3 ? b.add(product, inputs[2]) : product};
}

}  // namespace

const CompositeInfo Linear::kInfo = OpInfo{2, 3, infer_linear, evaluate_linear, decompose_linear};

}  // namespace modelport
