#include "graph/text.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "graph/attributes.h"

namespace modelport {
namespace {

constexpr const char* kGolden =
    R"(input %0 images: float32[batch, 3, 32*height/32, 640]
const %1: float32[16, 3, 3, 3] = ramp:float32 @0592f183b44f
%2: float32[batch, 16, 16*height/32, 320] = Conv(%0, %1) {strides=[2, 2], pads=[1, 1, 1, 1]}  # model.0.conv
%3: float32[batch, 8, 16*height/32, 320], %4: float32[batch, 8, 16*height/32, 320] = Split(%2) {axis=1, sizes=[8, 8]}  # model.1
%5: float32[batch, 8, 32*height/32, 640] = Resize(%3) {height=32*height/32, width=640, mode=linear, coordinates=half_pixel}  # model.2
%6: float32[batch, 4, 16*height/32, 320], %7: int64[batch, 4, 16*height/32, 320] = TopK(%4) {axis=1, k=4} !float32  # model.3
%8: float16[batch, 4, 16*height/32, 320] = Cast(%6) {to=float16}
%9: float16[320] = Range() {size=320, dtype=float16}
const %10: float16[4] = {-1, 0.5, 0.099975586, inf}
output scaled = %5
output best = %8
output index = %7
output columns = %9
output weights = %10
probe features = %2
)";

TEST(GraphText, RoundTrips) {
  const auto graph = parse_graph(kGolden);
  ASSERT_TRUE(graph) << graph.error().text();
  EXPECT_EQ(print_graph(*graph), kGolden);
}

TEST(GraphText, NumbersValuesInOrderOfAppearance) {
  const auto graph = parse_graph(R"(
    const %late: float32[1] = {0.5}
    input %x x: float32[1]
    %sum: float32[1] = Add(%x, %late)
    output y = %sum
  )");
  ASSERT_TRUE(graph) << graph.error().text();
  EXPECT_EQ(print_graph(*graph),
            "input %0 x: float32[1]\nconst %1: float32[1] = {0.5}\n%2: float32[1] = Add(%0, %1)\noutput y = %2\n");
}

TEST(GraphText, SaysWhichLineIsWrong) {
  const auto error_of = [](const char* text) {
    const auto graph = parse_graph(text);
    return graph ? std::string("no error") : graph.error().text();
  };
  EXPECT_NE(error_of("input %0 x: float32[1]\n%1: float32[1] = Reul(%0)").find("line 2: there is no operator 'Reul'"),
            std::string::npos);
  EXPECT_NE(error_of("input %0 x: float32[1]\n%1: float32[1] = Relu(%0)\n%1: float32[1] = Relu(%0)")
                .find("line 3: %1 is defined twice"),
            std::string::npos);
  EXPECT_NE(error_of("output y = %1").find("'%1' is not defined"), std::string::npos);
  EXPECT_NE(error_of("const %0: float32[3] = {1, 2}").find("2 values are given for shape [3]"), std::string::npos);
  EXPECT_NE(error_of("const %0: float32[99999, 99999]").find("too large"), std::string::npos);
  EXPECT_NE(error_of("%0: float32[1] = Concat() {axes=1}").find("Concat has no attribute 'axes'"), std::string::npos);
}

TEST(OpText, LeavesDefaultsOut) {
  EXPECT_EQ(print_attributes(Conv{}), "");
  EXPECT_EQ(print_attributes(Conv{.groups = 8}), "{groups=8}");
  EXPECT_EQ(print_attributes(BatchNorm{0.001}), "{epsilon=0.001}");
  EXPECT_EQ(print_attributes(MaxPool{.kernel = {5, 5}, .rounding = MaxPool::Rounding::kCeil}),
            "{kernel=[5, 5], rounding=ceil}");
}

/// Another value than any default.
struct Altered {
  void operator()(int64_t& value) const { value += 3; }
  void operator()(double& value) const { value += 0.125; }
  void operator()(DType& value) const { value = DType::kInt64; }
  void operator()(Dim& value) const { value = min(Dim(300), Dim(21) * Dim::symbol("anchors") - Dim(3)); }
  template <size_t N>
  void operator()(std::array<int64_t, N>& values) const {
    for (size_t i = 0; i < N; ++i) values[i] += static_cast<int64_t>(i) + 1;
  }
  template <class T>
  void operator()(std::vector<T>& values) const {
    values = {T(2), T(1), T(3)};
    (*this)(values.back());
  }
  template <class Enum>
  requires std::is_enum_v<Enum>
  void operator()(Enum& value) const {
    value = static_cast<Enum>((static_cast<size_t>(value) + 1) % spellings(value).size());
  }
};

template <size_t... I>
std::vector<Op> every_operator_altered(std::index_sequence<I...>) {
  std::vector<Op> ops = {Op(std::in_place_index<I>)...};
  const auto alter = [](std::string_view, auto& attribute) { Altered()(attribute); };
  for (Op& op : ops) std::visit([&](auto& attributes) { visit_attributes(attributes, alter); }, op);
  return ops;
}

TEST(OpText, EveryOperatorReadsWhatItPrints) {
  for (const Op& op : every_operator_altered(std::make_index_sequence<kOpCount>())) {
    const std::string text = print_attributes(op);
    EXPECT_EQ(std::ranges::count(text, '='), attribute_count(op)) << op_name(op) << text;
    const auto read = parse_op(op_name(op), text);
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_EQ(read->index(), op.index());
    EXPECT_EQ(print_attributes(*read), text);
  }
}

TEST(OpText, SuggestsTheNearestName) {
  const auto op = parse_op("Softmx", "");
  ASSERT_FALSE(op);
  EXPECT_EQ(op.error().hint, "did you mean 'Softmax'?");
  EXPECT_FALSE(parse_op("Pad", "{mode=mirror}"));
  EXPECT_FALSE(parse_op("Pad", "{pads=[1, 2]}"));
  EXPECT_FALSE(parse_op("Pad", "pads=[1, 2, 3, 4]"));
}

}  // namespace
}  // namespace modelport
