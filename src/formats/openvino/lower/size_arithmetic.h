#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "formats/openvino/openvino_model.h"

namespace modelport::openvino {

class Lowering;

/// Emits int64 arithmetic for sizes that may vary: ShapeOf of an input, Gather of one axis, then Divide, Multiply, Add,
/// Minimum and Maximum. Every distinct size is computed once. Constant sizes become Consts and nothing else.
class SizeArithmetic {
 public:
  explicit SizeArithmetic(Lowering& to) : to_(to) {}

  /// An int64 value of shape [1].
  Result<OpenvinoSource> size(const Dim& dim);
  /// An int64 value of rank 0.
  Result<OpenvinoSource> scalar(const Dim& dim);
  /// An int64 value of shape [n].
  Result<OpenvinoSource> list(const std::vector<Dim>& dims);
  /// The second operand of Reshape with special_zero: 0 where an axis keeps its size, -1 for the last unknown one,
  /// arithmetic for the others.
  Result<OpenvinoSource> reshape_target(const SymbolicShape& from, const SymbolicShape& to);

 private:
  Result<OpenvinoSource> sum(const Dim& dim);
  Result<OpenvinoSource> product(const Dim::Term& term);
  Result<OpenvinoSource> atom(const Dim::Atom& atom);
  Result<OpenvinoSource> symbol(const Dim::Atom& atom);
  OpenvinoSource input_axis(size_t input, size_t axis);
  /// The input's axis that has exactly this size.
  std::optional<OpenvinoSource> declared(const Dim& dim);
  OpenvinoSource arithmetic(OpenvinoOpType type, OpenvinoSource a, OpenvinoSource b);

  Lowering& to_;
  std::map<std::string, OpenvinoSource> known_;  ///< By Dim::text, by product of atoms' texts, by parts of a list.
};

}  // namespace modelport::openvino
