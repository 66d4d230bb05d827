#pragma once

#include <map>
#include <string>
#include <vector>

#include "graph/dim.h"

namespace modelport::onnx {

class Lowering;

/// Emits int64 arithmetic for sizes that may vary: Shape of a graph input, Gather of one axis, then Div, Mul, Add, Min
/// and Max. Every distinct size is computed once. Constant sizes become initializers and no nodes.
class SizeArithmetic {
 public:
  explicit SizeArithmetic(Lowering& to) : to_(to) {}

  /// An int64 value of shape [1]. kInvalidArgument for a floor division of something that may be negative.
  Result<std::string> size(const Dim& dim);
  /// An int64 value of shape [n].
  Result<std::string> list(const std::vector<Dim>& dims);
  /// The second operand of Reshape: 0 where an axis keeps its size, -1 for the last unknown one, arithmetic for the
  /// others.
  Result<std::string> reshape_target(const SymbolicShape& from, const SymbolicShape& to);

 private:
  Result<std::string> sum(const Dim& dim);
  Result<std::string> product(const Dim::Term& term);
  Result<std::string> atom(const Dim::Atom& atom);
  Result<std::string> symbol(const Dim::Atom& atom);
  std::string input_axis(size_t input, size_t axis);

  Lowering& to_;
  std::map<std::string, std::string> known_;  ///< Value by Dim::text, or by product of atoms' texts.
};

/// The name of a varying input size in the file, "height" for 32*height/32, and "" when it is not a multiple of one
/// symbol.
std::string size_parameter(const Dim& dim);

}  // namespace modelport::onnx
