#include "ops/verify_types.h"

#include <gtest/gtest.h>

#include <functional>

#include "graph/text.h"

namespace modelport {
namespace {

constexpr const char* kWellTyped = R"(
  input %0 x: float32[batch, 32*h]
  const %1: int64[2] = {1, 0}
  %2: float32[batch, 32*h] = Relu(%0)  # model.0
  %3: float32[batch, 16*h], %4: float32[batch, 16*h] = Split(%2) {axis=1, sizes=[16*h, 16*h]}  # model.1
  %5: float32[batch, 2] = Gather(%3, %1) {axis=1}  # model.2
  output y = %5
  output z = %4
)";

TEST(VerifyGraph, AcceptsWhatInferenceSays) {
  const Status status = verify_graph(*parse_graph(kWellTyped));
  EXPECT_TRUE(status) << status.error().text();
}

TEST(VerifyGraph, NamesEveryKindOfWrongType) {
  struct Damage {
    std::function<void(Graph&)> apply;
    const char* message;
  };
  const Damage damages[] = {
      {[](Graph& g) { g[ValueId{2}].type.shape[1] = Dim::symbol("h"); },
       "model.0: output 0 of Relu is declared float32[batch, h] but is float32[batch, 32*h]"},
      {[](Graph& g) { g[ValueId{2}].type.dtype = DType::kFloat16; }, "declared float16"},
      {[](Graph& g) { g[ValueId{2}].type.shape.pop_back(); }, "declared float32[batch]"},
      {[](Graph& g) { g.nodes[2].inputs.pop_back(); }, "model.2: Gather does not take 1 operands"},
      {[](Graph& g) { std::get<Split>(g.nodes[1].op).sizes = {Dim(32) * Dim::symbol("h")}; },
       "model.1: Split has 1 outputs, the node declares 2"},
      {[](Graph& g) { std::get<Gather>(g.nodes[2].op).axis = 2; }, "model.2: axis 2 is outside"},
      {[](Graph& g) { g.outputs[0].value = ValueId{77}; }, "output y reads value 77"},
  };
  for (const Damage& damage : damages) {
    Graph graph = *parse_graph(kWellTyped);
    damage.apply(graph);
    const Status status = verify_graph(graph);
    ASSERT_FALSE(status) << damage.message;
    EXPECT_EQ(status.error().code, ErrorCode::kInternal);
    EXPECT_NE(status.error().text().find(damage.message), std::string::npos) << status.error().text();
  }
}

TEST(Concrete, ReplacesEverySize) {
  const auto graph = concrete(*parse_graph(kWellTyped), {{"batch", 2}, {"h", 3}});
  ASSERT_TRUE(graph) << graph.error().text();
  EXPECT_TRUE(verify_graph(*graph));
  EXPECT_NE(print_graph(*graph).find("%3: float32[2, 48] = Split(%1) {axis=1, sizes=[48, 48]}"), std::string::npos)
      << print_graph(*graph);
}

TEST(Concrete, NamesAMissingSymbol) {
  const auto graph = concrete(*parse_graph(kWellTyped), {{"batch", 2}});
  ASSERT_FALSE(graph);
  EXPECT_NE(graph.error().text().find("'h'"), std::string::npos);
}

TEST(Concrete, ReachesTheSizesOfEveryOperator) {
  const Dim n = Dim::symbol("n");
  const Op ops[] = {Split{0, {n, n}}, Slice{0, n, n + Dim(1)}, SplitAxis{0, {n, n}}, Reshape{{n}},
                    Expand{{n}},      Range{n, DType::kInt64}, Resize{n, n},         TopK{0, n}};
  for (const Op& op : ops) {
    const std::string before = print_attributes(op);
    const auto fixed = concrete(op, {{"n", 5}});
    ASSERT_TRUE(fixed);
    const std::string after = print_attributes(*fixed);
    EXPECT_EQ(after.find('n' + std::string("]")), std::string::npos);
    EXPECT_NE(after, before);
    EXPECT_FALSE(concrete(op, {})) << op_name(op);
  }
}

}  // namespace
}  // namespace modelport
