#include "graph/exact_quotient.h"

#include <algorithm>

namespace modelport {

Dim dim_of(const Dim::Atom& atom) {
  switch (atom.kind) {
    case Dim::Atom::Kind::kSymbol:
      return Dim::symbol(atom.name, atom.at_least);
    case Dim::Atom::Kind::kFloorDiv:
      return floor_div(atom.operands[0], atom.divisor);
    case Dim::Atom::Kind::kMin:
      return min(atom.operands[0], atom.operands[1]);
    case Dim::Atom::Kind::kMax:
      return max(atom.operands[0], atom.operands[1]);
  }
  return {};
}

std::optional<Dim> exact_quotient(const Dim& total, const Dim& part) {
  if (part.terms().size() != 1) return std::nullopt;
  const Dim::Term& divisor = part.terms()[0];
  Dim out;
  for (const Dim::Term& term : total.terms()) {
    if (divisor.coefficient == 0 || term.coefficient % divisor.coefficient != 0) return std::nullopt;
    Dim::Monomial rest = term.atoms;
    for (const auto& atom : divisor.atoms) {
      const auto found =
          std::find_if(rest.begin(), rest.end(), [&](const auto& each) { return each->text == atom->text; });
      if (found == rest.end()) return std::nullopt;
      rest.erase(found);
    }
    Dim quotient(term.coefficient / divisor.coefficient);
    for (const auto& atom : rest) quotient = quotient * dim_of(*atom);
    out = out + quotient;
  }
  return out;
}

}  // namespace modelport
