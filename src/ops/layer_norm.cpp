#include <cmath>
#include <numeric>

#include "kernels/thread_pool.h"
#include "ops/graph_builder.h"
#include "ops/op_info.h"
#include "ops/type_rules.h"

namespace modelport {

namespace {

Result<std::vector<ValueType>> infer_layer_norm(const Op& op, std::span<const ValueType> inputs) {
  const int64_t axes = std::get<LayerNorm>(op).axes;
  const SymbolicShape& shape = inputs[0].shape;
  if (axes < 1 || axes > static_cast<int64_t>(shape.size())) {
    return fail(ErrorCode::kInconsistentModel, "cannot normalise {} axes of {}", axes, shape_text(shape));
  }
  for (size_t i = 1; i < 3; ++i) {
    CHECK_OK(require_rank(inputs[i], static_cast<size_t>(axes), "scale and bias"));
    CHECK_OK(require_same_dtype(inputs[i].dtype, inputs[0].dtype, "dtype of scale or bias and operand"));
    for (int64_t axis = 0; axis < axes; ++axis) {
      CHECK_OK(require_same_size(inputs[i].shape[static_cast<size_t>(axis)],
                                 shape[shape.size() - static_cast<size_t>(axes - axis)],
                                 "size of scale or bias and of the normalised axes"));
    }
  }
  return std::vector{inputs[0]};
}

void evaluate_layer_norm(const Op& op, const Evaluation& e) {
  const double epsilon = std::get<LayerNorm>(op).epsilon;
  const int64_t length = e.in(1).size();
  with_real(e.precision, [&](auto real) {
    using Real = decltype(real);
    const Real* scale = e.in(1).as<Real>();
    const Real* bias = e.in(2).as<Real>();
    e.pool.parallel_for(e.in(0).size() / std::max<int64_t>(1, length), [&](int64_t row) {
      const Real* x = e.in(0).as<Real>() + row * length;
      Real* y = e.out().as<Real>() + row * length;
      const double mean = std::accumulate(x, x + length, 0.0) / static_cast<double>(length);
      double variance = 0.0;
      for (int64_t i = 0; i < length; ++i) variance += (x[i] - mean) * (x[i] - mean);
      const double inverse = 1.0 / std::sqrt(variance / static_cast<double>(length) + epsilon);
      for (int64_t i = 0; i < length; ++i) y[i] = static_cast<Real>((x[i] - mean) * inverse) * scale[i] + bias[i];
    });
  });
}

std::vector<ValueId> decompose_layer_norm(const Op& op, std::span<const ValueId> inputs, GraphBuilder& b) {
  const LayerNorm& norm = std::get<LayerNorm>(op);
  const ValueId x = inputs[0];
  const auto rank = static_cast<int64_t>(b.shape(x).size());
  std::vector<int64_t> axes(static_cast<size_t>(norm.axes));
  std::iota(axes.begin(), axes.end(), rank - norm.axes);
  const ValueId centred = b.sub(x, b.reduce_mean(x, axes));
  const ValueId variance = b.reduce_mean(b.mul(centred, centred), axes);
  const ValueId deviation = b.unary(Sqrt{}, b.add(variance, b.cast(b.scalar(norm.epsilon), b.type(x).dtype)));
  return {b.add(b.mul(b.div(centred, deviation), inputs[1]), inputs[2])};
}

}  // namespace

const CompositeInfo LayerNorm::kInfo = OpInfo{3, 3, infer_layer_norm, evaluate_layer_norm, decompose_layer_norm};

}  // namespace modelport
