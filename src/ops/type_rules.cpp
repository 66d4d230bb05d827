#include "ops/type_rules.h"

#include <fmt/ranges.h>

#include <numeric>

#include "graph/exact_quotient.h"

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

/// Whether a size with rounded quotients is never below 0. p - (d - 1) <= d floor(p / d) <= p, so a multiple of it is
/// at least a size without them; and an integer is at least 0 where it is more than -1.
bool is_never_negative(const Dim& size) {
  constexpr int64_t kLargestScale = 1 << 20;
  const auto quotient_of = [](const Dim::Term& term) {
    const bool is_quotient = term.atoms.size() == 1 && term.atoms[0]->kind == Dim::Atom::Kind::kFloorDiv;
    return is_quotient ? term.atoms[0].get() : nullptr;
  };
  int64_t scale = 1;
  for (const Dim::Term& term : size.terms()) {
    if (const Dim::Atom* quotient = quotient_of(term)) scale = std::lcm(scale, quotient->divisor);
    if (scale > kLargestScale) return false;
  }
  Dim least;
  for (const Dim::Term& term : size.terms()) {
    if (const Dim::Atom* quotient = quotient_of(term)) {
      const Dim rounded_off(term.coefficient > 0 ? quotient->divisor - 1 : 0);
      least = least + (quotient->operands[0] - rounded_off) * Dim(term.coefficient * (scale / quotient->divisor));
    } else {
      Dim product(term.coefficient * scale);
      for (const auto& atom : term.atoms) product = product * dim_of(*atom);
      least = least + product;
    }
  }
  const auto bound = least.lower_bound();
  return bound && *bound > -scale;
}

/// The bounds of b - a tell, or a is the smaller of two sizes of which one is at most b.
bool provably_at_most(const Dim& a, const Dim& b) {
  const Dim slack = b - a;
  if (const auto least = slack.lower_bound(); least && *least >= 0) return true;
  if (is_never_negative(slack)) return true;
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
