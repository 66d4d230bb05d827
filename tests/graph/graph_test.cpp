#include "graph/graph.h"

#include <gtest/gtest.h>

#include <functional>

#include "graph/text.h"

namespace modelport {
namespace {

Graph small_graph() {
  return *parse_graph(R"(
    input %0 x: float32[2, 3]
    const %1: float32[3] = {1, 2, 3}
    %2: float32[2, 3] = Add(%0, %1)  # model.0
    %3: float32[2, 3] = Mul(%2, %2)  # model.1
    output y = %3
    probe sum = %2
  )");
}

TEST(Graph, KnowsProducersAndConsumers) {
  const Graph graph = small_graph();
  const auto makers = producers(graph);
  EXPECT_EQ(makers[0], std::nullopt);
  EXPECT_EQ(makers[1], std::nullopt);
  EXPECT_EQ(makers[2], NodeId{0});
  const auto readers = consumers(graph);
  EXPECT_EQ(readers[2], (std::vector{NodeId{1}, NodeId{1}})) << "one entry per operand";
  EXPECT_TRUE(readers[3].empty());
}

struct Damage {
  const char* name;
  std::function<void(Graph&)> apply;
  const char* message;
};

TEST(VerifyStructure, NamesEveryKindOfBrokenGraph) {
  const Damage damages[] = {
      {"operand out of range", [](Graph& g) { g.nodes[1].inputs[0] = ValueId{99}; },
       "model.1: the node reads value 99"},
      {"output out of range", [](Graph& g) { g.nodes[1].outputs[0] = ValueId{99}; }, "does not exist"},
      {"use before definition", [](Graph& g) { std::swap(g.nodes[0], g.nodes[1]); }, "before it is defined"},
      {"defined twice", [](Graph& g) { g.nodes[1].outputs[0] = ValueId{2}; }, "a second time"},
      {"a node makes a constant", [](Graph& g) { g.nodes[0].outputs[0] = ValueId{1}; }, "a second time"},
      {"an input is a constant", [](Graph& g) { g.inputs[0].value = ValueId{1}; }, "input x defines value 1"},
      {"never defined", [](Graph& g) { g.values.push_back({}); }, "value 4 is never defined"},
      {"same name twice", [](Graph& g) { g.probes[0].name = "y"; }, "'y' is used twice"},
      {"no name", [](Graph& g) { g.outputs[0].name = ""; }, "no name"},
      {"output undefined", [](Graph& g) { g.outputs[0].value = ValueId{9}; }, "output y reads value 9"},
      {"constant of another shape", [](Graph& g) { g.values[1].type.shape = {Dim(4)}; }, "float32[4]"},
  };
  ASSERT_TRUE(verify_structure(small_graph()));
  for (const Damage& damage : damages) {
    Graph graph = small_graph();
    damage.apply(graph);
    const Status status = verify_structure(graph);
    ASSERT_FALSE(status) << damage.name;
    EXPECT_EQ(status.error().code, ErrorCode::kInternal);
    EXPECT_NE(status.error().text().find(damage.message), std::string::npos) << status.error().text();
  }
}

}  // namespace
}  // namespace modelport
