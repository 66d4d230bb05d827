#include <algorithm>

#include "ops/op_info.h"
#include "ops/type_rules.h"

namespace modelport {

namespace {

Result<std::vector<ValueType>> infer_pad(const Op& op, std::span<const ValueType> inputs) {
  const auto& pad = std::get<Pad>(op);
  ValueType out = inputs[0];
  CHECK_OK(require_rank(out, 4, "the padded value"));
  const auto [top, left, bottom, right] = pad.pads;
  if (std::min({top, left, bottom, right}) < 0) {
    return fail(ErrorCode::kInconsistentModel, "padding [{}, {}, {}, {}] is negative", top, left, bottom, right);
  }
  // A reflection repeats neither the edge nor what lies beyond the other edge.
  const int64_t needed_height = pad.mode == PadMode::kReflect ? std::max(top, bottom) + 1 : 1;
  const int64_t needed_width = pad.mode == PadMode::kReflect ? std::max(left, right) + 1 : 1;
  if (pad.mode != PadMode::kConstant) {
    CHECK_OK(require_at_most(Dim(needed_height), out.shape[2], "height that the padding needs"));
    CHECK_OK(require_at_most(Dim(needed_width), out.shape[3], "width that the padding needs"));
  }
  out.shape[2] = out.shape[2] + Dim(top + bottom);
  out.shape[3] = out.shape[3] + Dim(left + right);
  return std::vector{out};
}

/// The row or column that position `i` (which may lie outside) shows; -1 for the constant.
int64_t source_of(int64_t i, int64_t size, PadMode mode) {
  if (i >= 0 && i < size) return i;
  switch (mode) {
    case PadMode::kConstant:
      return -1;
    case PadMode::kReflect:
      return i < 0 ? -i : 2 * (size - 1) - i;
    case PadMode::kEdge:
      return std::clamp<int64_t>(i, 0, size - 1);
  }
  return -1;
}

template <class T>
void pad_planes(const Pad& pad, const Array& in, const Array& out) {
  const int64_t height = in.shape[2], width = in.shape[3], out_height = out.shape[2], out_width = out.shape[3];
  const T* from = in.as<T>();
  T* to = out.as<T>();
  for (int64_t plane = 0; plane < in.shape[0] * in.shape[1]; ++plane, from += height * width) {
    for (int64_t y = 0; y < out_height; ++y) {
      const int64_t row = source_of(y - pad.pads[0], height, pad.mode);
      for (int64_t x = 0; x < out_width; ++x) {
        const int64_t column = source_of(x - pad.pads[1], width, pad.mode);
        *to++ = row < 0 || column < 0 ? static_cast<T>(pad.value) : from[row * width + column];
      }
    }
  }
}

void evaluate_pad(const Op& op, const Evaluation& e) {
  const auto& pad = std::get<Pad>(op);
  if (!is_float(e.in(0).dtype)) return pad_planes<int64_t>(pad, e.in(0), e.out());
  with_real(e.precision, [&](auto real) { pad_planes<decltype(real)>(pad, e.in(0), e.out()); });
}

}  // namespace

const OpInfo Pad::kInfo = {1, 1, infer_pad, evaluate_pad};

}  // namespace modelport
