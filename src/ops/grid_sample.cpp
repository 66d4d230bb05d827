#include <array>
#include <cmath>

#include "kernels/elementwise.h"
#include "ops/op_info.h"
#include "ops/type_rules.h"

namespace modelport {

namespace {

Result<std::vector<ValueType>> infer_grid_sample(const Op&, std::span<const ValueType> inputs) {
  const SymbolicShape& x = inputs[0].shape;
  const SymbolicShape& grid = inputs[1].shape;
  CHECK_OK(require_rank(inputs[0], 4, "image"));
  CHECK_OK(require_rank(inputs[1], 4, "grid"));
  CHECK_OK(require_same_dtype(inputs[0].dtype, inputs[1].dtype, "dtype of image and grid"));
  CHECK_OK(require_same_size(x[0], grid[0], "batch of image and grid"));
  CHECK_OK(require_same_size(grid[3], Dim(2), "coordinates per point of the grid"));
  return std::vector{ValueType{inputs[0].dtype, {x[0], x[1], grid[1], grid[2]}}};
}

/// The four pixels around a point and their weights; pixels outside have weight 0.
template <class Real>
struct Corners {
  std::array<int64_t, 4> offsets{};
  std::array<Real, 4> weights{};

  Corners(Real x, Real y, int64_t height, int64_t width) {
    const Real column = ((x + 1) * static_cast<Real>(width) - 1) / 2;
    const Real row = ((y + 1) * static_cast<Real>(height) - 1) / 2;
    const Real left = std::floor(column), top = std::floor(row);
    const Real right_part = column - left, bottom_part = row - top;
    for (size_t corner = 0; corner < 4; ++corner) {
      const bool right = corner % 2 == 1, bottom = corner / 2 == 1;
      const Real at_x = left + static_cast<Real>(right), at_y = top + static_cast<Real>(bottom);
      const bool inside = at_x >= 0 && at_x < static_cast<Real>(width) && at_y >= 0 && at_y < static_cast<Real>(height);
      if (!inside) continue;
      offsets[corner] = static_cast<int64_t>(at_y) * width + static_cast<int64_t>(at_x);
      weights[corner] = (right ? right_part : 1 - right_part) * (bottom ? bottom_part : 1 - bottom_part);
    }
  }
};

template <class Real>
void sample(const Evaluation& e) {
  const Shape& x = e.in(0).shape;
  const Shape& y = e.out().shape;
  const int64_t pixels = x[2] * x[3], points = y[2] * y[3];
  in_pieces(y[0] * points, e.pool, [&](int64_t begin, int64_t end) {
    for (int64_t point = begin; point < end; ++point) {
      const Real* at = e.in(1).as<Real>() + point * 2;
      const Corners<Real> corners(at[0], at[1], x[2], x[3]);
      const int64_t image = point / points;
      for (int64_t channel = 0; channel < x[1]; ++channel) {
        const int64_t plane = image * x[1] + channel;
        Real sum = 0;
        for (size_t corner = 0; corner < 4; ++corner)
          sum += corners.weights[corner] * e.in(0).as<Real>()[plane * pixels + corners.offsets[corner]];
        e.out().as<Real>()[plane * points + point % points] = sum;
      }
    }
  });
}

void evaluate_grid_sample(const Op&, const Evaluation& e) {
  with_real(e.precision, [&](auto real) { sample<decltype(real)>(e); });
}

}  // namespace

const OpInfo GridSample::kInfo = {2, 2, infer_grid_sample, evaluate_grid_sample};

}  // namespace modelport
