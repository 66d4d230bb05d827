#include "ops/type_rules.h"

#include <fmt/ranges.h>

namespace modelport {

Status require_same_size(const Dim& a, const Dim& b, std::string_view what) {
  switch (compare(a, b)) {
    case DimOrder::kEqual:
      return {};
    case DimOrder::kDifferent:
      return fail(ErrorCode::kInconsistentModel, "{} differs: {} and {}", what, a.text(), b.text());
    case DimOrder::kUnknown:
      break;
  }
  return fail(ErrorCode::kInconsistentModel, "{} may differ: {} and {} are not equal for every input size", what,
              a.text(), b.text());
}

namespace {

/// The bounds of b - a tell, or a is the smaller of two sizes of which one is at most b.
bool provably_at_most(const Dim& a, const Dim& b) {
  if (const auto slack = (b - a).lower_bound(); slack && *slack >= 0) return true;
  if (a.terms().size() != 1 || a.terms()[0].coefficient != 1 || a.terms()[0].atoms.size() != 1) return false;
  const Dim::Atom& atom = *a.terms()[0].atoms[0];
  return atom.kind == Dim::Atom::Kind::kMin &&
         (provably_at_most(atom.operands[0], b) || provably_at_most(atom.operands[1], b));
}

}  // namespace

Status require_at_most(const Dim& a, const Dim& b, std::string_view what) {
  if (provably_at_most(a, b)) return {};
  return fail(ErrorCode::kInconsistentModel, "{}: {} must be at most {}", what, a.text(), b.text());
}

Status require_same_dtype(DType a, DType b, std::string_view what) {
  if (a == b) return {};
  return fail(ErrorCode::kInconsistentModel, "{} differs: {} and {}", what, dtype_name(a), dtype_name(b));
}

Status require_axis(int64_t axis, size_t rank) {
  if (axis >= 0 && axis < static_cast<int64_t>(rank)) return {};
  return fail(ErrorCode::kInconsistentModel, "axis {} is outside a value of rank {}", axis, rank);
}

Status require_rank(const ValueType& type, size_t rank, std::string_view what) {
  if (type.shape.size() == rank) return {};
  return fail(ErrorCode::kInconsistentModel, "{} has shape {}, expected rank {}", what, shape_text(type.shape), rank);
}

Status require_permutation(std::span<const int64_t> permutation, size_t rank) {
  std::vector<bool> seen(rank);
  bool valid = permutation.size() == rank;
  for (const int64_t axis : permutation) {
    valid = valid && axis >= 0 && axis < static_cast<int64_t>(rank) && !seen[static_cast<size_t>(axis)];
    if (valid) seen[static_cast<size_t>(axis)] = true;
  }
  if (valid) return {};
  return fail(ErrorCode::kInconsistentModel, "[{}] is not a permutation of {} axes", fmt::join(permutation, ", "),
              rank);
}

}  // namespace modelport
