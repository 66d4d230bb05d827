#include "ops/graph_builder.h"

#include <gtest/gtest.h>

#include "graph/text.h"
#include "ops/verify_types.h"

namespace modelport {
namespace {

template <size_t... I>
std::vector<bool> composite_operators(std::index_sequence<I...>) {
  return {is_composite<std::variant_alternative_t<I, Op>>...};
}

TEST(OpTable, HasTheWholeCatalogue) {
  const std::vector<bool> composite = composite_operators(std::make_index_sequence<kOpCount>());
  for (size_t index = 0; index < kOpCount; ++index) {
    EXPECT_NE(op_info(index).infer, nullptr) << op_name(index);
    EXPECT_NE(op_info(index).evaluate, nullptr) << op_name(index);
    EXPECT_EQ(op_info(index).decompose != nullptr, composite[index]) << op_name(index) << ": kInfo says otherwise";
  }
}

TEST(GraphBuilder, ReadsLikeTheNetwork) {
  GraphBuilder b;
  const Dim batch = Dim::symbol("batch");
  ValueId x = b.input("x", {DType::kFloat32, {batch, 4, 8, 8}});
  b.set_path("model.0");
  b.set_numerics(Numerics::kFloat32);
  x = b.permute(x, {0, 2, 3, 1});
  b.probe("moved", x);
  EXPECT_EQ(b.set_path("model.1"), "model.0");
  EXPECT_EQ(b.set_numerics(Numerics::kAny), Numerics::kFloat32);
  const auto parts = b.split(x, 3, {Dim(1), Dim(3)});
  b.output("y", b.concat({parts[1], parts[0]}, 3));
  const auto graph = std::move(b).finish();
  ASSERT_TRUE(graph) << graph.error().text();
  EXPECT_EQ(print_graph(*graph), R"(input %0 x: float32[batch, 4, 8, 8]
%1: float32[batch, 8, 8, 4] = Permute(%0) {permutation=[0, 2, 3, 1]} !float32  # model.0
%2: float32[batch, 8, 8, 1], %3: float32[batch, 8, 8, 3] = Split(%1) {axis=3, sizes=[1, 3]}  # model.1
%4: float32[batch, 8, 8, 4] = Concat(%3, %2) {axis=3}  # model.1
output y = %4
probe moved = %1
)");
  EXPECT_TRUE(verify_graph(*graph));
}

TEST(GraphBuilder, KeepsTheFirstErrorWithPathAndSourceLocation) {
  GraphBuilder b;
  const ValueId x = b.input("x", {DType::kFloat32, {2, 3}});
  b.set_path("model.22.cv3");
  const int line = __LINE__ + 1;
  const ValueId wrong = b.permute(x, {0, 0});
  EXPECT_EQ(b.shape(wrong).size(), 0u) << "a placeholder";
  EXPECT_EQ(b.dim(wrong, 3), Dim(1));
  b.set_path("model.23");
  const auto parts = b.split(b.concat({wrong, x}, 7), 0, {Dim(1), Dim(1)});
  EXPECT_EQ(parts.size(), 2u) << "placeholders keep translations going";
  b.fail(Error{ErrorCode::kDamaged, "later", {}, {}});
  b.output("y", parts[1]);
  const auto graph = std::move(b).finish();
  ASSERT_FALSE(graph);
  EXPECT_EQ(graph.error().code, ErrorCode::kInconsistentModel);
  EXPECT_EQ(graph.error().context,
            (std::vector<std::string>{"model.22.cv3", fmt::format("graph_builder_test.cpp:{}", line), "Permute"}));
  EXPECT_EQ(graph.error().message, "[0, 0] is not a permutation of 2 axes");
}

TEST(GraphBuilder, RefusesAWrongNumberOfOperands) {
  GraphBuilder b;
  const ValueId x = b.input("x", {DType::kFloat32, {2}});
  b.output("y", b.emit(Gather{0}, {x})[0]);
  const auto graph = std::move(b).finish();
  ASSERT_FALSE(graph);
  EXPECT_EQ(graph.error().message, "Gather does not take 1 operands");
}

TEST(GraphBuilder, VerifiesTheStructure) {
  GraphBuilder b;
  const ValueId x = b.input("x", {DType::kFloat32, {2}});
  b.output("x", x);
  EXPECT_FALSE(std::move(b).finish()) << "the name is used twice";
}

TEST(GraphBuilder, MakesLiterals) {
  GraphBuilder b;
  const ValueId half = b.scalar(0.5), pair = b.floats({2}, {1, 2});
  EXPECT_EQ(b.shape(half).size(), 0u);
  EXPECT_EQ(b.graph()[half].constant->to_floats(), std::vector<float>{0.5f});
  EXPECT_EQ(b.graph()[pair].constant->to_floats(), (std::vector<float>{1, 2}));
}

}  // namespace
}  // namespace modelport
