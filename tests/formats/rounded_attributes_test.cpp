#include <set>

#include "formats/onnx/onnx_format.h"
#include "formats/openvino/openvino_format.h"
#include "formats/torchscript/torchscript_format.h"
#include "graph/attributes.h"
#include "graph/text.h"
#include "written_format.h"

/// A file holds attributes and scalars as float32 at best: the reference that it is compared with has to hold them so
/// too. Every operator case in every format, with every real attribute off what float32 can hold, in float64, where one
/// rounding that one side lacks is 1e4 times the limit.
namespace modelport {
namespace {

constexpr double kLimit = 1e-12;

/// Counts what T{...} takes.
struct Anything {
  template <class T>
  constexpr operator T() const;
};
template <class T, class... Given>
constexpr size_t member_count() {
  if constexpr (requires { T{Given{}..., Anything{}}; }) {
    return member_count<T, Given..., Anything>();
  } else {
    return sizeof...(Given);
  }
}

template <size_t I = 0>
void for_each_operator(auto visit) {
  if constexpr (I < kOpCount) {
    visit(Op(std::in_place_index<I>), member_count<std::variant_alternative_t<I, Op>>());
    for_each_operator<I + 1>(visit);
  }
}

std::string spelled(const Op& op, std::string_view attribute) { return fmt::format("{}.{}", op_name(op), attribute); }

/// Off by a third of a thousandth, which no binary number is.
double spoiled(double value) { return value == 0.0 ? 1e-5 / 3.0 : value * (1.0 + 1e-3 / 3.0); }

EvaluationRequest in_float64(const Graph& graph, const BuiltCase& built) {
  EvaluationRequest request{graph, built.inputs, built.symbols};
  request.precision = EvaluationPrecision::kFloat64;
  request.constants = EvaluationRequest::Constants::kRounded;
  return request;
}

double apart_in_float64(const EvaluatedValue& a, const EvaluatedValue& b) {
  if (a.shape != b.shape || a.integers != b.integers || a.doubles.size() != b.doubles.size()) return INFINITY;
  double largest = 1.0, difference = 0.0;
  for (size_t i = 0; i < a.doubles.size(); ++i) {
    if (a.doubles[i] == b.doubles[i]) continue;
    largest = std::max(largest, std::abs(a.doubles[i]));
    const double here = std::abs(a.doubles[i] - b.doubles[i]);
    difference = std::isnan(here) ? INFINITY : std::max(difference, here);
  }
  return difference / largest;
}

void expect_the_file_computes_it(const Format& format, const BuiltCase& built, const std::string& name) {
  SCOPED_TRACE(fmt::format("{} in {}", name, format.name));
  const auto legal = format.legalize(built.graph, {});
  ASSERT_TRUE(legal) << legal.error().text();
  const auto intended = evaluate(in_float64(*legal, built));
  ASSERT_TRUE(intended) << intended.error().text();
  const auto lowered = format.lower(SourceModel(), built.graph, {});
  ASSERT_TRUE(lowered) << lowered.error().text();
  const WrittenFormat written(format);
  ASSERT_TRUE(written.write(**lowered));
  const auto read = format.read_back(written.path());
  ASSERT_TRUE(read) << read.error().text();
  const auto raised = format.raise(**read, {});
  ASSERT_TRUE(raised) << raised.error().text();
  const auto found = evaluate(in_float64(*raised, built));
  ASSERT_TRUE(found) << found.error().text();
  ASSERT_EQ(found->outputs.size(), intended->outputs.size());
  for (size_t i = 0; i < found->outputs.size(); ++i)
    EXPECT_LE(apart_in_float64(intended->outputs[i], found->outputs[i]), kLimit);
}

class AttributesIn : public testing::TestWithParam<const Format*> {};

TEST_P(AttributesIn, EveryScalarOfEveryOperator) {
  for (const OperatorCase& each : operator_cases()) {
    const auto built = build_case(each);
    ASSERT_TRUE(built) << built.error().text();
    expect_the_file_computes_it(*GetParam(), *built, each.name);
  }
}

TEST_P(AttributesIn, EveryRealAttributeThatFloat32CannotHold) {
  for (const OperatorCase& each : operator_cases()) {
    auto built = build_case(each);
    ASSERT_TRUE(built) << built.error().text();
    for (size_t node = 0; node < built->graph.nodes.size(); ++node) {
      const size_t count = real_attributes(built->graph.nodes[node].op).size();
      for (size_t i = 0; i < count; ++i) {
        BuiltCase changed = *built;
        Op& op = changed.graph.nodes[node].op;
        const auto [name, value] = real_attributes(op)[i];
        *value = spoiled(*value);
        ASSERT_NE(static_cast<double>(static_cast<float>(*value)), *value) << spelled(op, name);
        expect_the_file_computes_it(*GetParam(), changed, each.name + ", " + spelled(op, name));
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, AttributesIn,
                         testing::Values(&onnx::format(), &openvino::format(), &torchscript::format()),
                         [](const auto& format) { return std::string(format.param->name); });

/// So that a new attribute is rounded and tried: whoever adds one to the catalogue names it in graph/op_text.cpp.
TEST(Attributes, OfTheCatalogueAreAllVisited) {
  for_each_operator([](const Op& op, size_t members) { EXPECT_EQ(attribute_count(op), members) << op_name(op); });
}

TEST(Attributes, ThatAreRealStandInTheCases) {
  std::set<std::string> known, tried;
  for_each_operator([&](Op op, size_t) {
    for (const auto& [name, value] : real_attributes(op)) known.insert(spelled(op, name));
  });
  for (const OperatorCase& each : operator_cases()) {
    auto built = build_case(each);
    for (Node& node : built->graph.nodes) {
      for (const auto& [name, value] : real_attributes(node.op)) tried.insert(spelled(node.op, name));
    }
  }
  EXPECT_EQ(tried, known);
}

}  // namespace
}  // namespace modelport
