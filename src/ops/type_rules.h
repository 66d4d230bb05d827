#pragma once

#include <string_view>

#include "graph/graph.h"

/// Rules that inference of many operators states; every failure is kInconsistentModel and names both sides.
namespace modelport {

/// `what` says which sizes must agree: "size of axis 1 of operands 0 and 2".
Status require_same_size(const Dim& a, const Dim& b, std::string_view what);
/// a <= b for every value of the symbols.
Status require_at_most(const Dim& a, const Dim& b, std::string_view what);
Status require_same_dtype(DType a, DType b, std::string_view what);
/// 0 <= axis < rank.
Status require_axis(int64_t axis, size_t rank);
Status require_rank(const ValueType& type, size_t rank, std::string_view what);
/// Each of 0 .. rank - 1 exactly once.
Status require_permutation(std::span<const int64_t> permutation, size_t rank);

}  // namespace modelport
