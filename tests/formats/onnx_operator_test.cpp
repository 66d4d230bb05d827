#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <set>

#include "../ops/operator_cases.h"
#include "formats/onnx/onnx_format.h"
#include "formats/onnx/onnx_model.h"
#include "formats/onnx/options.h"
#include "graph/text.h"
#include "io/output_file.h"
#include "runtimes/engine.h"

/// Every operator case through the whole format, at every kind of opset: lower, write, read back, raise, evaluate; and
/// in ONNX Runtime, unoptimised and optimised.
namespace modelport {
namespace {

constexpr int64_t kOpsets[] = {11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21};

/// What ONNX Runtime's CPU provider does not run, with the reason. A listed case that passes fails the test.
const std::map<std::string, std::string>& ignored_in_engine() {
  static const std::map<std::string, std::string> kIgnored = {};
  return kIgnored;
}

/// The lowest opset of cases that older ones cannot hold.
int64_t first_opset(const std::string& name) { return name == "GridSample" ? 16 : 11; }

class Sink final : public ArtifactSink {
 public:
  explicit Sink(OutputFile& file) : file_(file) {}
  Status append(std::span<const std::byte> bytes) override { return file_.append(bytes); }

 private:
  OutputFile& file_;
};

/// Largest difference, relative to the largest magnitude or 1; infinity for other shapes.
double apart(const EvaluatedValue& a, const EvaluatedValue& b) {
  if (a.shape != b.shape || a.integers.size() != b.integers.size()) return INFINITY;
  double largest = 1.0, difference = 0.0;
  for (size_t i = 0; i < a.floats.size(); ++i) {
    largest = std::max(largest, static_cast<double>(std::abs(a.floats[i])));
    difference = std::max(difference, static_cast<double>(std::abs(a.floats[i] - b.floats[i])));
  }
  for (size_t i = 0; i < a.integers.size(); ++i)
    difference = std::max(difference, a.integers[i] == b.integers[i] ? 0.0 : INFINITY);
  return difference / largest;
}

std::vector<EvaluatedValue> run_in_engine(const std::string& path, Engine::Optimization optimization,
                                          const BuiltCase& built) {
  auto session = onnx_runtime().load_file(path, optimization);
  if (!session) {
    ADD_FAILURE() << session.error().text();
    return {};
  }
  std::vector<EngineTensor> inputs;
  for (const EvaluatedValue& input : built.inputs)
    inputs.push_back({input.name, Tensor::from_floats(input.shape, input.floats)});
  auto outputs = (*session)->run(inputs);
  if (!outputs) {
    ADD_FAILURE() << outputs.error().text();
    return {};
  }
  std::vector<EvaluatedValue> values;
  for (const EngineTensor& output : *outputs) {
    EvaluatedValue value{output.name, output.tensor.dtype(), output.tensor.shape(), {}, {}, {}};
    if (is_float(value.dtype)) {
      value.floats = output.tensor.to_floats();
    } else {
      value.integers = output.tensor.to_int64s();
    }
    values.push_back(std::move(value));
  }
  return values;
}

class OnnxOperator : public testing::TestWithParam<size_t> {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }
  std::string path_ =
      (std::filesystem::temp_directory_path() / ("modelport-operator-" + std::to_string(::getpid()) + ".onnx"))
          .string();
};

TEST_P(OnnxOperator, ComputesTheSameInTheFormatAndInTheEngine) {
  const OperatorCase& operator_case = operator_cases()[GetParam()];
  const auto built = build_case(operator_case);
  ASSERT_TRUE(built) << built.error().text();
  const auto reference = evaluate({built->graph, built->inputs, built->symbols});
  ASSERT_TRUE(reference) << reference.error().text();
  SourceModel model;
  const Format& format = onnx::format();
  const double limit = operator_case.name.starts_with("float16") ? 2e-3 : 3e-6;
  for (const int64_t opset : kOpsets) {
    SCOPED_TRACE("opset " + std::to_string(opset));
    const auto lowered = format.lower(model, built->graph, onnx::OnnxOptions{.opset_version = opset});
    ASSERT_EQ(static_cast<bool>(lowered), opset >= first_opset(operator_case.name));
    if (!lowered) continue;
    auto file = OutputFile::create(path_);
    ASSERT_TRUE(file);
    Sink sink(*file);
    const std::vector<ArtifactSink*> sinks = {&sink};
    ASSERT_TRUE(format.write(**lowered, sinks));
    ASSERT_TRUE(file->finish());

    const auto read = format.read_back(path_);
    ASSERT_TRUE(read) << read.error().text();
    const Status identical = format.require_identical(**lowered, **read);
    ASSERT_TRUE(identical) << identical.error().text();
    const auto raised = format.raise(**read, {});
    ASSERT_TRUE(raised) << raised.error().text();
    const auto again = evaluate({*raised, built->inputs, built->symbols});
    ASSERT_TRUE(again) << again.error().text();
    for (size_t i = 0; i < reference->outputs.size(); ++i)
      EXPECT_LE(apart(reference->outputs[i], again->outputs[i]), limit) << "read back";

    if (!onnx_runtime().presence().found || ignored_in_engine().contains(operator_case.name)) continue;
    for (const auto optimization : {Engine::Optimization::kNone, Engine::Optimization::kAll}) {
      const std::vector<EvaluatedValue> outputs = run_in_engine(path_, optimization, *built);
      ASSERT_EQ(outputs.size(), reference->outputs.size());
      for (size_t i = 0; i < outputs.size(); ++i)
        EXPECT_LE(apart(reference->outputs[i], outputs[i]), limit) << "ONNX Runtime";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, OnnxOperator, testing::Range(size_t{0}, operator_cases().size()),
                         [](const auto& index) {
                           std::string name = operator_cases()[index.param].name;
                           for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
                           return name;
                         });

TEST(OnnxOperators, EveryOperatorOfTheCatalogueHasACase) {
  std::set<size_t> covered;
  for (const OperatorCase& operator_case : operator_cases()) {
    const auto built = build_case(operator_case);
    ASSERT_TRUE(built) << operator_case.name << ": " << built.error().text();
    for (const Node& node : built->graph.nodes) covered.insert(node.op.index());
  }
  for (size_t op = 0; op < kOpCount; ++op) EXPECT_TRUE(covered.contains(op)) << op_name(op);
}

/// The operators of a case's file, in order.
std::string written_as(const std::string& name, int64_t opset) {
  const auto found = std::ranges::find(operator_cases(), name, &OperatorCase::name);
  if (found == operator_cases().end()) return "no such case";
  const auto built = build_case(*found);
  if (!built) return built.error().text();
  const auto lowered = onnx::format().lower(SourceModel(), built->graph, onnx::OnnxOptions{.opset_version = opset});
  if (!lowered) return lowered.error().text();
  std::string operators;
  for (const onnx::OnnxNode& node : dynamic_cast<const onnx::OnnxModel&>(**lowered).nodes) {
    operators += (operators.empty() ? "" : " ") + std::string(onnx::onnx_op_name(node.type));
  }
  return operators;
}

/// Sizes of the case's constants in the file.
std::vector<Shape> constants_of(const std::string& name, int64_t opset) {
  const auto built = build_case(*std::ranges::find(operator_cases(), name, &OperatorCase::name));
  const auto lowered = onnx::format().lower(SourceModel(), built->graph, onnx::OnnxOptions{.opset_version = opset});
  std::vector<Shape> shapes;
  for (const onnx::OnnxInitializer& each : dynamic_cast<const onnx::OnnxModel&>(**lowered).initializers)
    shapes.push_back(each.data.shape());
  return shapes;
}

TEST(OnnxOperators, AConstantOnTheLeftHasTheRankOfTheOtherOperand) {
  for (const int64_t opset : kOpsets)
    EXPECT_EQ(constants_of("MatMul of a constant on the left", opset), (std::vector<Shape>{{1, 3, 5}}));
}

TEST(OnnxOperators, ConstantsAreRepeatedForOldConsumersAlone) {
  EXPECT_EQ(constants_of("Mul of a constant row", 12), (std::vector<Shape>{{2, 3, 4}}));
  EXPECT_EQ(constants_of("Mul of a constant row", 13), (std::vector<Shape>{{1, 4}}));
  EXPECT_EQ(constants_of("Mul of a constant channel", 12), (std::vector<Shape>{{3, 1, 1}}));
}

/// Each form is there for a consumer that computes another one wrongly or not at all: docs/consumers.md.
TEST(OnnxOperators, AreWrittenAsOldConsumersReadThem) {
  for (const int64_t opset : kOpsets) {
    SCOPED_TRACE(opset);
    EXPECT_EQ(written_as("ReduceMean", opset), "GlobalAveragePool");
    EXPECT_EQ(written_as("ReduceMax of an image", opset), "GlobalMaxPool");
    EXPECT_EQ(written_as("ReduceMean three axes", opset), "GlobalAveragePool ReduceMean");
    EXPECT_EQ(written_as("ReduceMean three axes of five", opset), "ReduceMean ReduceMean ReduceMean");
    EXPECT_EQ(written_as("ReduceSum three axes", opset), "ReduceSum ReduceSum ReduceSum");
    EXPECT_EQ(written_as("TopK place of the largest", opset), "ArgMax");
    EXPECT_EQ(written_as("Split equal", opset), "Slice Slice Slice");
    EXPECT_EQ(written_as("Split", opset), "Slice Slice Slice");
    EXPECT_EQ(written_as("Pad before MaxPool", opset), "Sub Concat Concat MaxPool");
    EXPECT_EQ(written_as("Softmax last", opset), "Softmax");
    EXPECT_EQ(written_as("Softmax inner", opset), opset < 13 ? "Transpose Softmax Transpose" : "Softmax");
    EXPECT_EQ(written_as("Slice to the smaller size", opset),
              opset < 12 ? "Shape Gather Gather Concat ReduceMin Slice" : "Shape Gather Gather Min Slice");
  }
}

TEST(OnnxOperators, EngineIsThere) {
  if (!onnx_runtime().presence().found)
    GTEST_SKIP() << "skipped: ONNX Runtime was not found (./test installs it into build/venv)";
}

}  // namespace
}  // namespace modelport
