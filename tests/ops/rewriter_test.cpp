#include "ops/rewriter.h"

#include <gtest/gtest.h>

#include "graph/text.h"

namespace modelport {
namespace {

constexpr const char* kSource = R"(
  input %0 x: float32[2, 3]
  input %1 unused: float32[1]
  const %2: float32[3] = {1, 2, 3}
  const %3: float32[3] = {4, 5, 6}
  %4: float32[2, 3] = Add(%0, %2)  # first
  %5: float32[2, 3] = Mul(%4, %3) !float32  # second
  %6: float32[2, 3] = Relu(%4)  # probed
  %7: float32[2, 3] = Exp(%5)  # dead
  output y = %5
  probe seen = %6
)";

TEST(Rewriter, CopiesWithoutDeadCodeAndKeepsNamesPathsAndProbes) {
  const Graph source = *parse_graph(kSource);
  Rewriter rewriter(source);
  const auto copy = rewriter.run([](NodeId) { return Rewriter::Action::kCopy; });
  ASSERT_TRUE(copy) << copy.error().text();
  EXPECT_EQ(print_graph(*copy), R"(input %0 x: float32[2, 3]
input %1 unused: float32[1]
const %2: float32[3] = {1, 2, 3}
%3: float32[2, 3] = Add(%0, %2)  # first
const %4: float32[3] = {4, 5, 6}
%5: float32[2, 3] = Mul(%3, %4) !float32  # second
%6: float32[2, 3] = Relu(%3)  # probed
output y = %5
probe seen = %6
)");
}

TEST(Rewriter, ReplacementsInheritPathAndNumerics) {
  const Graph source = *parse_graph(kSource);
  Rewriter rewriter(source);
  const auto changed = rewriter.run([&](NodeId id) {
    const Node& node = source[id];
    if (!std::holds_alternative<Mul>(node.op)) return Rewriter::Action::kCopy;
    const std::vector<ValueId> operands = rewriter.map(node.inputs);
    rewriter.replace(node.outputs[0], rewriter.builder().sub(operands[0], operands[1]));
    return Rewriter::Action::kReplaced;
  });
  ASSERT_TRUE(changed) << changed.error().text();
  EXPECT_NE(print_graph(*changed).find("%5: float32[2, 3] = Sub(%3, %4) !float32  # second"), std::string::npos)
      << print_graph(*changed);
}

TEST(Rewriter, FailsWhenAReplacedValueIsStillRead) {
  const Graph source = *parse_graph(kSource);
  Rewriter rewriter(source);
  const auto changed = rewriter.run([&](NodeId id) {
    return std::holds_alternative<Add>(source[id].op) ? Rewriter::Action::kReplaced : Rewriter::Action::kCopy;
  });
  ASSERT_FALSE(changed);
  EXPECT_NE(changed.error().message.find("did not say what it became"), std::string::npos);
}

TEST(Rewriter, InfersAgain) {
  const Graph source = *parse_graph(R"(
    input %0 x: float32[4]
    %1: float32[2] = Slice(%0) {end=2}
    %2: float32[2] = Relu(%1)
    output y = %2
  )");
  Rewriter rewriter(source);
  const auto changed = rewriter.run([&](NodeId id) {
    if (!std::holds_alternative<Slice>(source[id].op)) return Rewriter::Action::kCopy;
    rewriter.replace(source[id].outputs[0], rewriter.map(source[id].inputs[0]));
    return Rewriter::Action::kReplaced;
  });
  ASSERT_TRUE(changed);
  EXPECT_EQ(shape_text((*changed)[changed->outputs[0].value].type.shape), "[4]");
}

TEST(WithoutDeadCode, KeepsNodesOfWhichOneOutputIsNeeded) {
  const Graph graph = without_dead_code(*parse_graph(R"(
    input %0 x: float32[4]
    %1: float32[1], %2: float32[3] = Split(%0) {sizes=[1, 3]}
    %3: float32[3] = Relu(%2)
    output y = %1
  )"));
  EXPECT_EQ(graph.nodes.size(), 1u);
  EXPECT_EQ(graph.values.size(), 3u);
  EXPECT_TRUE(verify_structure(graph));
}

}  // namespace
}  // namespace modelport
