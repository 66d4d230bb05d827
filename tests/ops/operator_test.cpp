#include <gtest/gtest.h>

#include <cmath>
#include <iostream>

#include "checkpoint/checkpoint.h"
#include "operator_cases.h"
#include "ops/rewriter.h"

namespace modelport {
namespace {

double apart(std::span<const float> actual, std::span<const float> expected) {
  double largest = 1.0, difference = 0.0;
  for (size_t i = 0; i < expected.size(); ++i) {
    largest = std::max(largest, static_cast<double>(std::abs(expected[i])));
    difference = std::max(difference, static_cast<double>(std::abs(actual[i] - expected[i])));
  }
  return difference / largest;
}

TEST(Operators, ComputeWhatTorchRecorded) {
  const auto recorded = open_checkpoint(std::string(MODELPORT_SOURCE_DIR) + "/tests/ops/torch_outputs.safetensors");
  ASSERT_TRUE(recorded) << recorded.error().text();
  size_t compared = 0;
  for (const NamedTensor& tensor : list_tensors(recorded->root)) {
    SCOPED_TRACE(tensor.name);
    const auto found = std::find_if(operator_cases().begin(), operator_cases().end(),
                                    [&](const OperatorCase& c) { return c.name == tensor.name; });
    ASSERT_NE(found, operator_cases().end());
    const auto built = build_case(*found);
    ASSERT_TRUE(built) << built.error().text();
    const auto result = evaluate({built->graph, built->inputs, built->symbols});
    ASSERT_TRUE(result) << result.error().text();
    EXPECT_EQ(result->outputs[0].shape, tensor.tensor.shape());
    const std::vector<float> expected = tensor.tensor.to_floats();
    ASSERT_EQ(result->outputs[0].floats.size(), expected.size());
    EXPECT_LE(apart(result->outputs[0].floats, expected), 1e-6);
    ++compared;
  }
  EXPECT_GE(compared, 50u);
}

/// The graph with every composite operator replaced by its decomposition, once.
Result<Graph> decomposed(const Graph& graph, size_t& count) {
  Rewriter rewriter(graph);
  return rewriter.run([&](NodeId id) {
    const Node& node = graph[id];
    if (op_info(node.op).decompose == nullptr) return Rewriter::Action::kCopy;
    const std::vector<ValueId> inputs = rewriter.map(node.inputs);
    const std::vector<ValueId> outputs = op_info(node.op).decompose(node.op, inputs, rewriter.builder());
    for (size_t i = 0; i < outputs.size(); ++i) rewriter.replace(node.outputs[i], outputs[i]);
    ++count;
    return Rewriter::Action::kReplaced;
  });
}

TEST(Operators, CompositesComputeWhatTheirDecompositionsCompute) {
  size_t count = 0;
  for (const OperatorCase& operator_case : operator_cases()) {
    SCOPED_TRACE(operator_case.name);
    const auto built = build_case(operator_case);
    ASSERT_TRUE(built) << built.error().text();
    const auto parts = decomposed(built->graph, count);
    ASSERT_TRUE(parts) << parts.error().text();
    for (const EvaluationPrecision precision : {EvaluationPrecision::kFloat32, EvaluationPrecision::kFloat64}) {
      EvaluationRequest whole{built->graph, built->inputs, built->symbols, precision};
      EvaluationRequest in_parts{*parts, built->inputs, built->symbols, precision};
      const auto a = evaluate(whole), b = evaluate(in_parts);
      ASSERT_TRUE(a && b);
      if (precision == EvaluationPrecision::kFloat32) {
        const double limit = operator_case.name.starts_with("float16") ? 2e-3 : 2e-6;
        EXPECT_LE(apart(b->outputs[0].floats, a->outputs[0].floats), limit);
        continue;
      }
      // Decompositions hold their numbers as float32 constants.
      for (size_t i = 0; i < a->outputs[0].doubles.size(); ++i) {
        EXPECT_NEAR(a->outputs[0].doubles[i], b->outputs[0].doubles[i],
                    1e-7 * std::max(1.0, std::abs(a->outputs[0].doubles[i])));
      }
    }
  }
  EXPECT_GE(count, 9u);
}

}  // namespace
}  // namespace modelport
