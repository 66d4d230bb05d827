#include <algorithm>
#include <numeric>

#include "ops/op_info.h"
#include "ops/type_rules.h"

namespace modelport {

namespace {

Result<std::vector<ValueType>> infer_non_max_suppression(const Op&, std::span<const ValueType> inputs) {
  CHECK_OK(require_rank(inputs[0], 3, "boxes"));
  CHECK_OK(require_rank(inputs[1], 2, "scores"));
  CHECK_OK(require_same_dtype(inputs[0].dtype, inputs[1].dtype, "dtype of boxes and scores"));
  CHECK_OK(require_same_size(inputs[0].shape[0], inputs[1].shape[0], "batch of boxes and scores"));
  CHECK_OK(require_same_size(inputs[0].shape[1], inputs[1].shape[1], "number of boxes and scores"));
  CHECK_OK(require_same_size(inputs[0].shape[2], Dim(4), "coordinates of a box"));
  return std::vector{ValueType{inputs[0].dtype, inputs[1].shape}};
}

/// A box by any two opposite corners, as ONNX and OpenVINO take it: a network that has not been trained yields such.
template <class Real>
struct Box {
  explicit Box(const Real* corners)
      : left(std::min(corners[0], corners[2])),
        top(std::min(corners[1], corners[3])),
        right(std::max(corners[0], corners[2])),
        bottom(std::max(corners[1], corners[3])) {}
  Real area() const { return (right - left) * (bottom - top); }

  Real left, top, right, bottom;
};

template <class Real>
Real overlap(const Real* first, const Real* second) {
  const Box<Real> a(first), b(second);
  const Real width = std::min(a.right, b.right) - std::max(a.left, b.left);
  const Real height = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
  if (width <= 0 || height <= 0) return 0;
  const Real common = width * height;
  const Real both = a.area() + b.area() - common;
  return both > 0 ? common / both : 0;
}

template <class Real>
void suppress(const NonMaxSuppression& nms, const Evaluation& e) {
  const int64_t count = e.in(1).shape[1];
  for (int64_t image = 0; image < e.in(1).shape[0]; ++image) {
    const Real* boxes = e.in(0).as<Real>() + image * count * 4;
    const Real* scores = e.in(1).as<Real>() + image * count;
    Real* mask = e.out().as<Real>() + image * count;
    std::fill_n(mask, count, Real(0));
    std::vector<int64_t> order(static_cast<size_t>(count));
    std::iota(order.begin(), order.end(), 0);
    std::erase_if(order, [&](int64_t i) { return !(scores[i] > static_cast<Real>(nms.score_threshold)); });
    std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return scores[a] > scores[b]; });
    std::vector<int64_t> kept;
    for (const int64_t candidate : order) {
      if (static_cast<int64_t>(kept.size()) == nms.max_output) break;
      const bool covered = std::ranges::any_of(kept, [&](int64_t other) {
        return overlap(boxes + other * 4, boxes + candidate * 4) > static_cast<Real>(nms.iou_threshold);
      });
      if (covered) continue;
      kept.push_back(candidate);
      mask[candidate] = 1;
    }
  }
}

void evaluate_non_max_suppression(const Op& op, const Evaluation& e) {
  with_real(e.precision, [&](auto real) { suppress<decltype(real)>(std::get<NonMaxSuppression>(op), e); });
}

}  // namespace

const OpInfo NonMaxSuppression::kInfo = {2, 2, infer_non_max_suppression, evaluate_non_max_suppression};

}  // namespace modelport
