#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "tensor/shape.h"

namespace modelport {

/// What a symbol stands for when a graph is evaluated: {"batch": 2, "height/32": 5}.
using SymbolValues = std::map<std::string, int64_t>;

enum class DimOrder { kEqual, kDifferent, kUnknown };

/// A size: an integer expression over symbols (+, -, *, floor_div, min, max), kept as a canonical polynomial over
/// atoms. A symbol is a positive integer with a declared lower bound; an image height of a stride-32 model is declared
/// as 32 * symbol("height/32"), so that the sizes of its feature maps stay polynomial.
class Dim {
 public:
  Dim() : Dim(int64_t{0}) {}
  Dim(int64_t value);
  Dim(int value) : Dim(static_cast<int64_t>(value)) {}
  static Dim symbol(std::string name, int64_t at_least = 1);

  friend Dim operator+(const Dim& a, const Dim& b);
  friend Dim operator-(const Dim& a, const Dim& b);
  friend Dim operator*(const Dim& a, const Dim& b);
  /// Quotient rounded towards minus infinity; exact division of every coefficient stays polynomial. `divisor` > 0.
  friend Dim floor_div(const Dim& a, int64_t divisor);
  /// Decided by declared lower bounds where possible, else an atom.
  friend Dim min(const Dim& a, const Dim& b);
  friend Dim max(const Dim& a, const Dim& b);

  /// The value when no symbol occurs.
  std::optional<int64_t> constant() const;
  bool is_constant() const { return constant().has_value(); }
  /// Are two sizes the same for every value of the symbols that the bounds allow?
  friend DimOrder compare(const Dim& a, const Dim& b);
  /// True only when compare() is kEqual.
  friend bool operator==(const Dim& a, const Dim& b) { return compare(a, b) == DimOrder::kEqual; }

  /// The value for these symbols; kInternal when one is missing.
  Result<int64_t> evaluate(const SymbolValues& symbols) const;
  /// Names of all symbols that occur, sorted.
  std::vector<std::string> symbols() const;
  /// Smallest value that the declared bounds allow, when it can be told.
  std::optional<int64_t> lower_bound() const;
  /// "640", "32*height/32", "min(300, 21*a*b)"; parse_dim reads it back.
  std::string text() const;

  struct Atom;
  using Monomial = std::vector<std::shared_ptr<const Atom>>;  ///< Sorted by text; empty is the constant term.
  struct Term {
    Monomial atoms;
    int64_t coefficient;
  };
  /// Canonical: sorted, no zero coefficients. For emitters that turn an expression into a format's arithmetic.
  const std::vector<Term>& terms() const { return terms_; }

  struct Atom {
    enum class Kind { kSymbol, kFloorDiv, kMin, kMax } kind;
    std::string name;           ///< kSymbol
    int64_t at_least = 1;       ///< kSymbol
    std::vector<Dim> operands;  ///< kFloorDiv: {dividend}; kMin, kMax: {a, b}
    int64_t divisor = 1;        ///< kFloorDiv
    std::string text;           ///< Canonical spelling; two atoms are the same iff their texts are.
  };

 private:
  static Dim from_terms(std::vector<Term> terms);
  static Dim from_atom(Atom atom);
  std::vector<Term> terms_;
};

/// Reads what Dim::text printed. Symbols get the lower bounds in `bounds`, default 1.
Result<Dim> parse_dim(std::string_view text, const SymbolValues& bounds = {});

/// Sizes of a value; Dim per axis.
using SymbolicShape = std::vector<Dim>;

/// "[batch, 3, 32*height/32, 640]".
std::string shape_text(const SymbolicShape& shape);
/// The concrete shape for these symbols.
Result<Shape> evaluate_shape(const SymbolicShape& shape, const SymbolValues& symbols);
/// A concrete shape as Dims.
SymbolicShape symbolic(const Shape& shape);
/// Product of all sizes.
Dim product(const SymbolicShape& shape);

}  // namespace modelport
