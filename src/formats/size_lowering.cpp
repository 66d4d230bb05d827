#include "formats/size_lowering.h"

namespace modelport {

std::optional<int64_t> multiple_of(const Dim& size, std::string_view symbol) {
  if (size.terms().size() != 1) return std::nullopt;
  const Dim::Term& term = size.terms()[0];
  const bool is_symbol = term.atoms.size() == 1 && term.atoms[0]->kind == Dim::Atom::Kind::kSymbol;
  if (!is_symbol || term.coefficient < 1 || term.atoms[0]->name != symbol) return std::nullopt;
  return term.coefficient;
}

std::vector<Dim> reshape_sizes(const SymbolicShape& from, const SymbolicShape& to) {
  std::vector<Dim> sizes = to;
  std::optional<size_t> last_unknown;
  for (size_t axis = 0; axis < to.size(); ++axis) {
    if (to[axis].is_constant()) continue;
    if (axis < from.size() && from[axis] == to[axis]) {
      sizes[axis] = 0;
    } else {
      last_unknown = axis;
    }
  }
  if (last_unknown) sizes[*last_unknown] = -1;
  return sizes;
}

}  // namespace modelport
