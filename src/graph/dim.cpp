#include "graph/dim.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "base/checked.h"

namespace modelport {

namespace {

using Term = Dim::Term;
using Monomial = Dim::Monomial;

/// Stands for a size beyond int64; it never evaluates.
constexpr const char* kOverflow = "overflow";

bool same_atoms(const Monomial& a, const Monomial& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& left, const auto& right) { return left->text == right->text; });
}

/// Higher degree first, then by spelling, so that the constant term comes last.
bool comes_before(const Monomial& a, const Monomial& b) {
  if (a.size() != b.size()) return a.size() > b.size();
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                      [](const auto& left, const auto& right) { return left->text < right->text; });
}

Monomial joined(const Monomial& a, const Monomial& b) {
  Monomial both;
  both.reserve(a.size() + b.size());
  std::merge(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both),
             [](const auto& left, const auto& right) { return left->text < right->text; });
  return both;
}

int64_t floor_quotient(int64_t a, int64_t divisor) { return a / divisor - (a % divisor < 0 ? 1 : 0); }

Dim overflowed() { return Dim::symbol(kOverflow, INT64_MIN); }

std::optional<int64_t> upper_bound(const Dim& dim) {
  const auto bound = (Dim(0) - dim).lower_bound();
  if (!bound || *bound == INT64_MIN) return std::nullopt;
  return -*bound;
}

std::optional<int64_t> larger(std::optional<int64_t> a, std::optional<int64_t> b) {
  if (a && b) return std::max(*a, *b);
  return a ? a : b;
}

std::optional<int64_t> smaller(std::optional<int64_t> a, std::optional<int64_t> b) {
  if (a && b) return std::min(*a, *b);
  return a ? a : b;
}

std::optional<int64_t> lower_bound(const Dim::Atom& atom) {
  switch (atom.kind) {
    case Dim::Atom::Kind::kSymbol:
      return atom.at_least == INT64_MIN ? std::nullopt : std::optional(atom.at_least);
    case Dim::Atom::Kind::kFloorDiv: {
      const auto bound = atom.operands[0].lower_bound();
      return bound ? std::optional(floor_quotient(*bound, atom.divisor)) : std::nullopt;
    }
    case Dim::Atom::Kind::kMin: {
      const auto a = atom.operands[0].lower_bound();
      const auto b = atom.operands[1].lower_bound();
      return a && b ? std::optional(std::min(*a, *b)) : std::nullopt;
    }
    case Dim::Atom::Kind::kMax:
      return larger(atom.operands[0].lower_bound(), atom.operands[1].lower_bound());
  }
  return std::nullopt;
}

std::optional<int64_t> upper_bound(const Dim::Atom& atom) {
  switch (atom.kind) {
    case Dim::Atom::Kind::kSymbol:
      return std::nullopt;
    case Dim::Atom::Kind::kFloorDiv: {
      const auto bound = upper_bound(atom.operands[0]);
      return bound ? std::optional(floor_quotient(*bound, atom.divisor)) : std::nullopt;
    }
    case Dim::Atom::Kind::kMin:
      return smaller(upper_bound(atom.operands[0]), upper_bound(atom.operands[1]));
    case Dim::Atom::Kind::kMax: {
      const auto a = upper_bound(atom.operands[0]);
      const auto b = upper_bound(atom.operands[1]);
      return a && b ? std::optional(std::max(*a, *b)) : std::nullopt;
    }
  }
  return std::nullopt;
}

std::string call_text(std::string_view function, const std::string& a, const std::string& b) {
  return std::string(function) + "(" + a + ", " + b + ")";
}

/// min and max are commutative: a constant comes first, then by spelling.
std::vector<Dim> ordered(const Dim& a, const Dim& b) {
  const bool swap = a.is_constant() != b.is_constant() ? b.is_constant() : b.text() < a.text();
  return swap ? std::vector<Dim>{b, a} : std::vector<Dim>{a, b};
}

}  // namespace

Dim::Dim(int64_t value) {
  if (value != 0) terms_.push_back({{}, value});
}

Dim Dim::symbol(std::string name, int64_t at_least) {
  Atom atom{.kind = Atom::Kind::kSymbol, .name = name, .at_least = at_least, .operands = {}, .text = name};
  return from_atom(std::move(atom));
}

Dim Dim::from_atom(Atom atom) {
  Dim dim;
  dim.terms_.push_back({{std::make_shared<const Atom>(std::move(atom))}, 1});
  return dim;
}

Dim Dim::from_terms(std::vector<Term> terms) {
  std::sort(terms.begin(), terms.end(), [](const Term& a, const Term& b) { return comes_before(a.atoms, b.atoms); });
  Dim dim;
  for (Term& term : terms) {
    if (!dim.terms_.empty() && same_atoms(dim.terms_.back().atoms, term.atoms)) {
      const auto sum = checked_add(dim.terms_.back().coefficient, term.coefficient);
      if (!sum) return overflowed();
      dim.terms_.back().coefficient = *sum;
    } else {
      if (!dim.terms_.empty() && dim.terms_.back().coefficient == 0) dim.terms_.pop_back();
      dim.terms_.push_back(std::move(term));
    }
  }
  if (!dim.terms_.empty() && dim.terms_.back().coefficient == 0) dim.terms_.pop_back();
  return dim;
}

// Most sizes are constants: the operators give their results without building terms.

Dim operator+(const Dim& a, const Dim& b) {
  const auto left = a.constant(), right = b.constant();
  if (left && right) {
    const auto sum = checked_add(*left, *right);
    return sum ? Dim(*sum) : overflowed();
  }
  std::vector<Term> terms = a.terms_;
  terms.insert(terms.end(), b.terms_.begin(), b.terms_.end());
  return Dim::from_terms(std::move(terms));
}

Dim operator-(const Dim& a, const Dim& b) { return a + b * Dim(-1); }

Dim operator*(const Dim& a, const Dim& b) {
  const auto left_value = a.constant(), right_value = b.constant();
  if (left_value && right_value) {
    const auto product = checked_multiply(*left_value, *right_value);
    return product ? Dim(*product) : overflowed();
  }
  std::vector<Term> terms;
  for (const Term& left : a.terms_) {
    for (const Term& right : b.terms_) {
      const auto coefficient = checked_multiply(left.coefficient, right.coefficient);
      if (!coefficient) return overflowed();
      terms.push_back({joined(left.atoms, right.atoms), *coefficient});
    }
  }
  return Dim::from_terms(std::move(terms));
}

Dim floor_div(const Dim& a, int64_t divisor) {
  if (divisor == 1) return a;
  if (const auto value = a.constant()) return Dim(floor_quotient(*value, divisor));
  // Every coefficient is quotient * divisor + remainder with 0 <= remainder < divisor.
  std::vector<Term> quotients, remainders;
  int64_t common = divisor;
  for (const Term& term : a.terms_) {
    const int64_t quotient = floor_quotient(term.coefficient, divisor);
    const int64_t remainder = term.coefficient - quotient * divisor;
    if (quotient != 0) quotients.push_back({term.atoms, quotient});
    if (remainder == 0) continue;
    remainders.push_back({term.atoms, remainder});
    if (!term.atoms.empty()) common = std::gcd(common, remainder);
  }
  const Dim whole = Dim::from_terms(std::move(quotients));
  // floor((g p + r) / (g d)) = floor((p + floor(r / g)) / d).
  for (Term& term : remainders) term.coefficient = floor_quotient(term.coefficient, common);
  Dim rest = Dim::from_terms(std::move(remainders));
  divisor /= common;
  if (divisor == 1) return whole + rest;
  const auto lower = rest.lower_bound();
  const auto upper = upper_bound(rest);
  if (lower && upper && floor_quotient(*lower, divisor) == floor_quotient(*upper, divisor)) {
    return whole + Dim(floor_quotient(*lower, divisor));
  }
  // floor((floor(x / a) + c) / b) = floor((x + a c) / (a b)).
  const Term& first = rest.terms_.front();
  const bool lone = rest.terms_.size() == 1 || (rest.terms_.size() == 2 && rest.terms_.back().atoms.empty());
  if (lone && first.coefficient == 1 && first.atoms.size() == 1 && first.atoms[0]->kind == Dim::Atom::Kind::kFloorDiv) {
    const Dim::Atom& inner = *first.atoms[0];
    if (const auto product = checked_multiply(inner.divisor, divisor)) {
      const Dim offset = rest - Dim::from_atom(inner);
      return whole + floor_div(inner.operands[0] + offset * Dim(inner.divisor), *product);
    }
  }
  std::string text = call_text("floor_div", rest.text(), std::to_string(divisor));
  return whole + Dim::from_atom({.kind = Dim::Atom::Kind::kFloorDiv,
                                 .name = {},
                                 .operands = {std::move(rest)},
                                 .divisor = divisor,
                                 .text = std::move(text)});
}

Dim min(const Dim& a, const Dim& b) {
  const Dim difference = a - b;
  if (const auto bound = difference.lower_bound(); bound && *bound >= 0) return b;
  if (const auto bound = upper_bound(difference); bound && *bound <= 0) return a;
  std::vector<Dim> operands = ordered(a, b);
  std::string text = call_text("min", operands[0].text(), operands[1].text());
  return Dim::from_atom(
      {.kind = Dim::Atom::Kind::kMin, .name = {}, .operands = std::move(operands), .text = std::move(text)});
}

Dim max(const Dim& a, const Dim& b) {
  const Dim difference = a - b;
  if (const auto bound = difference.lower_bound(); bound && *bound >= 0) return a;
  if (const auto bound = upper_bound(difference); bound && *bound <= 0) return b;
  std::vector<Dim> operands = ordered(a, b);
  std::string text = call_text("max", operands[0].text(), operands[1].text());
  return Dim::from_atom(
      {.kind = Dim::Atom::Kind::kMax, .name = {}, .operands = std::move(operands), .text = std::move(text)});
}

std::optional<int64_t> Dim::constant() const {
  if (terms_.empty()) return 0;
  if (terms_.size() == 1 && terms_[0].atoms.empty()) return terms_[0].coefficient;
  return std::nullopt;
}

DimOrder compare(const Dim& a, const Dim& b) {
  const auto left = a.constant(), right = b.constant();
  if (left && right) return *left == *right ? DimOrder::kEqual : DimOrder::kDifferent;
  const Dim difference = a - b;
  if (const auto constant = difference.constant()) return *constant == 0 ? DimOrder::kEqual : DimOrder::kDifferent;
  if (const auto bound = difference.lower_bound(); bound && *bound > 0) return DimOrder::kDifferent;
  if (const auto bound = upper_bound(difference); bound && *bound < 0) return DimOrder::kDifferent;
  return DimOrder::kUnknown;
}

std::optional<int64_t> Dim::lower_bound() const {
  if (const auto value = constant()) return value;
  // Every atom becomes (non-negative excess + its bound); what is left after expanding is a polynomial of excesses.
  Dim shifted;
  for (const Term& term : terms_) {
    Dim product(term.coefficient);
    for (const auto& atom : term.atoms) {
      const auto bound = modelport::lower_bound(*atom);
      if (!bound) return std::nullopt;
      Dim excess;
      excess.terms_.push_back({{atom}, 1});
      product = product * (excess + Dim(*bound));
    }
    shifted = shifted + product;
  }
  int64_t bound = 0;
  for (const Term& term : shifted.terms_) {
    if (!term.atoms.empty() && term.coefficient > 0) continue;
    int64_t lowest = term.coefficient;
    for (const auto& atom : term.atoms) {
      const auto low = modelport::lower_bound(*atom);
      const auto high = modelport::upper_bound(*atom);
      const auto range = low && high ? checked_add(*high, -*low) : std::nullopt;
      const auto product = range ? checked_multiply(lowest, *range) : std::nullopt;
      if (!product) return std::nullopt;
      lowest = *product;
    }
    const auto sum = checked_add(bound, lowest);
    if (!sum) return std::nullopt;
    bound = *sum;
  }
  return bound;
}

namespace {

Result<int64_t> evaluate_atom(const Dim::Atom& atom, const SymbolValues& symbols) {
  switch (atom.kind) {
    case Dim::Atom::Kind::kSymbol: {
      if (atom.name == kOverflow && atom.at_least == INT64_MIN) {
        return fail(ErrorCode::kInconsistentModel, "a size is larger than 2^63");
      }
      const auto found = symbols.find(atom.name);
      if (found == symbols.end()) return fail(ErrorCode::kInternal, "no value is given for the size '{}'", atom.name);
      return found->second;
    }
    case Dim::Atom::Kind::kFloorDiv: {
      TRY(dividend, atom.operands[0].evaluate(symbols));
      return floor_quotient(dividend, atom.divisor);
    }
    case Dim::Atom::Kind::kMin:
    case Dim::Atom::Kind::kMax: {
      TRY(a, atom.operands[0].evaluate(symbols));
      TRY(b, atom.operands[1].evaluate(symbols));
      return atom.kind == Dim::Atom::Kind::kMin ? std::min(a, b) : std::max(a, b);
    }
  }
  return fail(ErrorCode::kInternal, "atom of no kind");
}

void collect_symbols(const Dim& dim, std::set<std::string>& names) {
  for (const Term& term : dim.terms()) {
    for (const auto& atom : term.atoms) {
      if (atom->kind == Dim::Atom::Kind::kSymbol) names.insert(atom->name);
      for (const Dim& operand : atom->operands) collect_symbols(operand, names);
    }
  }
}

}  // namespace

Result<int64_t> Dim::evaluate(const SymbolValues& symbols) const {
  int64_t sum = 0;
  for (const Term& term : terms_) {
    int64_t product = term.coefficient;
    for (const auto& atom : term.atoms) {
      TRY(value, evaluate_atom(*atom, symbols));
      const auto next = checked_multiply(product, value);
      if (!next) return fail(ErrorCode::kInconsistentModel, "size {} is larger than 2^63", text());
      product = *next;
    }
    const auto next = checked_add(sum, product);
    if (!next) return fail(ErrorCode::kInconsistentModel, "size {} is larger than 2^63", text());
    sum = *next;
  }
  return sum;
}

std::vector<std::string> Dim::symbols() const {
  std::set<std::string> names;
  collect_symbols(*this, names);
  return {names.begin(), names.end()};
}

Result<Shape> evaluate_shape(const SymbolicShape& shape, const SymbolValues& symbols) {
  Shape sizes;
  sizes.reserve(shape.size());
  for (const Dim& dim : shape) {
    TRY(size, dim.evaluate(symbols));
    sizes.push_back(size);
  }
  return sizes;
}

SymbolicShape symbolic(const Shape& shape) { return {shape.begin(), shape.end()}; }

Dim product(const SymbolicShape& shape) {
  Dim count(1);
  for (const Dim& dim : shape) count = count * dim;
  return count;
}

}  // namespace modelport
