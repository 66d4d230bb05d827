#include <algorithm>
#include <cmath>

#include "kernels/thread_pool.h"
#include "ops/op_info.h"
#include "ops/type_rules.h"

namespace modelport {

namespace {

Result<std::vector<ValueType>> infer_resize(const Op& op, std::span<const ValueType> inputs) {
  const Resize& resize = std::get<Resize>(op);
  CHECK_OK(require_rank(inputs[0], 4, "image"));
  if (resize.mode == ResizeMode::kNearest && resize.coordinates != ResizeCoordinates::kAsymmetric) {
    return fail(ErrorCode::kInconsistentModel, "nearest resizing is defined for asymmetric coordinates only");
  }
  CHECK_OK(require_at_most(Dim(1), resize.height, "height after resizing"));
  CHECK_OK(require_at_most(Dim(1), resize.width, "width after resizing"));
  ValueType out = inputs[0];
  out.shape[2] = resize.height;
  out.shape[3] = resize.width;
  return std::vector{out};
}

/// Which two source positions an output position mixes, and the share of the second.
struct Sample {
  int64_t first, second;
  double share;
};

std::vector<Sample> samples(int64_t in, int64_t out, ResizeMode mode, ResizeCoordinates coordinates) {
  std::vector<Sample> list;
  const double scale = static_cast<double>(in) / static_cast<double>(out);
  for (int64_t i = 0; i < out; ++i) {
    double at = static_cast<double>(i) * scale;
    if (coordinates == ResizeCoordinates::kHalfPixel) at = std::max(0.0, (static_cast<double>(i) + 0.5) * scale - 0.5);
    if (coordinates == ResizeCoordinates::kAlignCorners)
      at = out == 1 ? 0.0 : static_cast<double>(i * (in - 1)) / static_cast<double>(out - 1);
    const int64_t first = mode == ResizeMode::kNearest ? std::min(in - 1, i * in / out)
                                                       : std::min(in - 1, static_cast<int64_t>(std::floor(at)));
    const int64_t second = std::min(in - 1, first + 1);
    list.push_back({first, second, mode == ResizeMode::kNearest ? 0.0 : at - static_cast<double>(first)});
  }
  return list;
}

void evaluate_resize(const Op& op, const Evaluation& e) {
  const Resize& resize = std::get<Resize>(op);
  const Shape& in = e.in(0).shape;
  const Shape& out = e.out().shape;
  const std::vector<Sample> rows = samples(in[2], out[2], resize.mode, resize.coordinates);
  const std::vector<Sample> columns = samples(in[3], out[3], resize.mode, resize.coordinates);
  with_real(e.precision, [&](auto real) {
    using Real = decltype(real);
    e.pool.parallel_for(in[0] * in[1], [&](int64_t plane) {
      const Real* x = e.in(0).as<Real>() + plane * in[2] * in[3];
      Real* y = e.out().as<Real>() + plane * out[2] * out[3];
      for (int64_t oy = 0; oy < out[2]; ++oy) {
        const Sample& row = rows[static_cast<size_t>(oy)];
        for (int64_t ox = 0; ox < out[3]; ++ox) {
          const Sample& column = columns[static_cast<size_t>(ox)];
          const auto across = [&](int64_t iy) {
            const Real* line = x + iy * in[3];
            return column.share == 0.0 ? line[column.first]
                                       : line[column.first] + static_cast<Real>(column.share) *
                                                                  (line[column.second] - line[column.first]);
          };
          const Real top = across(row.first);
          y[oy * out[3] + ox] =
              row.share == 0.0 ? top : top + static_cast<Real>(row.share) * (across(row.second) - top);
        }
      }
    });
  });
}

}  // namespace

const OpInfo Resize::kInfo = {1, 1, infer_resize, evaluate_resize};

}  // namespace modelport
