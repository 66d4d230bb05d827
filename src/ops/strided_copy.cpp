#include "ops/strided_copy.h"

#include <cstring>

namespace modelport {

namespace {

/// Axes of size 1 are dropped and neighbours that are contiguous on both sides joined, so that the innermost loop is
/// as long as it can be.
struct Loops {
  std::vector<int64_t> sizes, from, to;

  Loops(const StridedBlock& source, const StridedBlock& target, std::span<const int64_t> shape) {
    for (size_t axis = 0; axis < shape.size(); ++axis) {
      if (shape[axis] == 1) continue;
      if (!sizes.empty() && from.back() == source.strides[axis] * shape[axis] &&
          to.back() == target.strides[axis] * shape[axis]) {
        sizes.back() *= shape[axis];
        from.back() = source.strides[axis];
        to.back() = target.strides[axis];
      } else {
        sizes.push_back(shape[axis]);
        from.push_back(source.strides[axis]);
        to.push_back(target.strides[axis]);
      }
    }
    if (sizes.empty()) {
      sizes = {1};
      from = to = {1};
    }
  }
};

template <class T>
void copy_row(const T* from, int64_t from_stride, T* to, int64_t to_stride, int64_t count) {
  if (from_stride == 1 && to_stride == 1) {
    std::memcpy(to, from, static_cast<size_t>(count) * sizeof(T));
  } else {
    for (int64_t i = 0; i < count; ++i) to[i * to_stride] = from[i * from_stride];
  }
}

template <class T>
void copy_loops(const T* from, T* to, const Loops& loops) {
  const size_t last = loops.sizes.size() - 1;
  std::vector<int64_t> index(last);
  while (true) {
    copy_row(from, loops.from[last], to, loops.to[last], loops.sizes[last]);
    size_t axis = last;
    while (axis > 0) {
      --axis;
      from += loops.from[axis];
      to += loops.to[axis];
      if (++index[axis] < loops.sizes[axis]) break;
      from -= loops.from[axis] * loops.sizes[axis];
      to -= loops.to[axis] * loops.sizes[axis];
      index[axis] = 0;
      if (axis == 0) return;
    }
    if (last == 0) return;
  }
}

}  // namespace

size_t held_bytes(DType dtype, EvaluationPrecision precision) {
  return is_float(dtype) && precision == EvaluationPrecision::kFloat32 ? sizeof(float) : sizeof(double);
}

void copy_block(const StridedBlock& from, const StridedBlock& to, std::span<const int64_t> shape,
                EvaluationPrecision precision) {
  for (const int64_t size : shape) {
    if (size == 0) return;
  }
  const Loops loops(from, to, shape);
  const auto copy = [&](auto element) {
    using T = decltype(element);
    copy_loops<T>(from.array.as<T>() + from.offset, to.array.as<T>() + to.offset, loops);
  };
  if (!is_float(from.array.dtype)) {
    copy(int64_t{});
  } else {
    with_real(precision, copy);
  }
}

void copy_all(const Array& from, const Array& to, EvaluationPrecision precision) {
  const size_t bytes = static_cast<size_t>(from.size()) * held_bytes(from.dtype, precision);
  if (bytes > 0) std::memcpy(to.data, from.data, bytes);
}

}  // namespace modelport
