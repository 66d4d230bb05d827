#pragma once

#include <cstdint>
#include <span>

#include "ops/op_info.h"

namespace modelport {

/// One side of a copy: where element (0, 0, ...) lies and the distance between neighbours of every axis, in elements.
/// A stride of 0 repeats an element (sources only).
struct StridedBlock {
  const Array& array;
  int64_t offset = 0;
  std::vector<int64_t> strides;
};

/// Copies a block of `shape` elements between arrays of the same kind, whatever their element type.
void copy_block(const StridedBlock& from, const StridedBlock& to, std::span<const int64_t> shape,
                EvaluationPrecision precision);

/// Copies all elements in C order; both arrays hold as many.
void copy_all(const Array& from, const Array& to, EvaluationPrecision precision);

/// Bytes that one element takes in an evaluation's arrays.
size_t held_bytes(DType dtype, EvaluationPrecision precision);

}  // namespace modelport
