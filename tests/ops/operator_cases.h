#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ops/graph_builder.h"
#include "reference/interpreter.h"

namespace modelport {

/// One small graph around one operator: written once, run by the interpreter, by every format's write and read back,
/// and by every real engine.
struct OperatorCase {
  std::string name;  ///< "Conv grouped"; unique. Recorded torch results go by it.
  std::function<void(GraphBuilder&)> build;
};

/// Every operator of the catalogue, with odd sizes, groups, dilations, asymmetric pads, broadcasting, sizes that vary
/// and float16.
const std::vector<OperatorCase>& operator_cases();

/// Element i of operand k is ((i * 2654435761 + k * 40503) mod 2^32) / 2^31 - 1, as float32.
std::vector<float> operand_values(int64_t count, uint32_t operand);

/// A constant of these values, times `scale` plus `shift`, numbered by the order of creation from 100.
ValueId formula_constant(GraphBuilder& builder, const Shape& shape, uint32_t operand, float scale = 1.0f,
                         float shift = 0.0f);

/// The case's graph, its inputs by the formula (operand k is input k; "batch" is 2, height 12, width 20), and the
/// symbols.
struct BuiltCase {
  Graph graph;
  std::vector<EvaluatedValue> inputs;
  SymbolValues symbols{{"batch", 2}, {"height/4", 3}, {"width/4", 5}};
};
Result<BuiltCase> build_case(const OperatorCase& operator_case);

}  // namespace modelport
