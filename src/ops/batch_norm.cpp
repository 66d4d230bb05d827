#include <cmath>

#include "kernels/thread_pool.h"
#include "ops/graph_builder.h"
#include "ops/op_info.h"
#include "ops/type_rules.h"

namespace modelport {

namespace {

Result<std::vector<ValueType>> infer_batch_norm(const Op&, std::span<const ValueType> inputs) {
  if (inputs[0].shape.size() < 2) {
    return fail(ErrorCode::kInconsistentModel, "operand {} has no channels", shape_text(inputs[0].shape));
  }
  for (size_t i = 1; i < 5; ++i) {
    CHECK_OK(require_rank(inputs[i], 1, "statistics"));
    CHECK_OK(require_same_size(inputs[i].shape[0], inputs[0].shape[1], "size of statistics and channels"));
    CHECK_OK(require_same_dtype(inputs[i].dtype, inputs[0].dtype, "dtype of statistics and operand"));
  }
  return std::vector{inputs[0]};
}

void evaluate_batch_norm(const Op& op, const Evaluation& e) {
  const double epsilon = std::get<BatchNorm>(op).epsilon;
  const Shape& shape = e.in(0).shape;
  const int64_t channels = shape[1], inner = e.in(0).size() / std::max<int64_t>(1, shape[0] * channels);
  with_real(e.precision, [&](auto real) {
    using Real = decltype(real);
    e.pool.parallel_for(shape[0] * channels, [&](int64_t plane) {
      const auto c = plane % channels;
      const auto stat = [&](size_t i) { return static_cast<double>(e.in(i).as<Real>()[c]); };
      const double factor = stat(1) / std::sqrt(stat(4) + epsilon);
      const Real scale = static_cast<Real>(factor), shift = static_cast<Real>(stat(2) - stat(3) * factor);
      const Real* x = e.in(0).as<Real>() + plane * inner;
      Real* y = e.out().as<Real>() + plane * inner;
      for (int64_t i = 0; i < inner; ++i) y[i] = x[i] * scale + shift;
    });
  });
}

/// (x - mean) / sqrt(variance + epsilon) * scale + bias, statistics reshaped to [C, 1, ...].
std::vector<ValueId> decompose_batch_norm(const Op& op, std::span<const ValueId> inputs, GraphBuilder& b) {
  const ValueId x = inputs[0];
  const DType dtype = b.type(x).dtype;
  const auto column = [&](ValueId statistic) {
    std::vector<Dim> sizes(b.shape(x).size() - 1, Dim(1));
    sizes[0] = b.dim(x, 1);
    return b.split_axis(statistic, 0, sizes);
  };
  const ValueId epsilon = b.cast(b.scalar(std::get<BatchNorm>(op).epsilon), dtype);
  const ValueId deviation = b.unary(Sqrt{}, b.add(column(inputs[4]), epsilon));
  const ValueId normal = b.div(b.sub(x, column(inputs[3])), deviation);
  return {b.add(b.mul(normal, column(inputs[1])), column(inputs[2]))};
}

}  // namespace

const CompositeInfo BatchNorm::kInfo = OpInfo{5, 5, infer_batch_norm, evaluate_batch_norm, decompose_batch_norm};

}  // namespace modelport
