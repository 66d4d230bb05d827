#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "graph/graph.h"

namespace modelport {

class GraphBuilder;
class ThreadPool;

/// In which type floats are computed: kFloat32 for references, kFloat64 for their error.
enum class EvaluationPrecision { kFloat32, kFloat64 };

/// A dense C-order operand of an evaluation. Floats of every dtype are held as float (kFloat32) or double (kFloat64);
/// integers and bools as int64. The interpreter rounds results to their dtype afterwards: evaluate functions need not.
struct Array {
  DType dtype = DType::kFloat32;
  Shape shape;
  void* data = nullptr;

  int64_t size() const { return *element_count(shape); }
  template <class T>
  T* as() const {
    return static_cast<T*>(data);
  }
};

/// Everything an evaluate function gets. Outputs are allocated with their inferred shapes, uninitialised, and never
/// alias inputs. `attributes` has every Dim of the operator already replaced by a constant.
struct Evaluation {
  std::span<const Array> inputs;
  std::span<const Array> outputs;
  EvaluationPrecision precision;
  ThreadPool& pool;

  const Array& in(size_t i) const { return inputs[i]; }
  const Array& out(size_t i = 0) const { return outputs[i]; }
};

/// Calls f(float{}) or f(double{}), by precision: `with_real(e.precision, [&](auto real) { using Real = decltype(real);
/// ... })`.
template <class F>
void with_real(EvaluationPrecision precision, F f) {
  if (precision == EvaluationPrecision::kFloat32) {
    f(float{});
  } else {
    f(double{});
  }
}

/// One row per operator of the catalogue: its `kInfo`, defined in the file of its name.
struct OpInfo {
  int min_inputs;
  int max_inputs;  ///< -1: any number

  /// Output types from operand types. kInconsistentModel naming both sides where sizes disagree or cannot be told
  /// equal.
  Result<std::vector<ValueType>> (*infer)(const Op& op, std::span<const ValueType> inputs);

  /// Reference semantics.
  void (*evaluate)(const Op& op, const Evaluation& evaluation);

  /// The same outputs by simpler operators, or nullptr for a primitive.
  std::vector<ValueId> (*decompose)(const Op& op, std::span<const ValueId> inputs, GraphBuilder& builder) = nullptr;

  /// The operator that computes the permuted output from permuted inputs (all inputs of full rank get `permutation`,
  /// output axis i is input axis permutation[i]); nothing where this operator is bound to its layout. nullptr: always
  /// bound.
  std::optional<Op> (*permute_axes)(const Op& op, std::span<const int64_t> permutation) = nullptr;
};

/// The row of an operator that simpler ones can replace.
struct CompositeInfo : OpInfo {
  consteval CompositeInfo(const OpInfo& row) : OpInfo(row) {
    if (row.decompose == nullptr) throw "a composite operator has a decomposition";
  }
};

const OpInfo& op_info(const Op& op);
const OpInfo& op_info(size_t index);

}  // namespace modelport
