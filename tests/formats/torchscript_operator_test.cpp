#include <numeric>

#include "formats/torchscript/torchscript_format.h"
#include "written_format.h"

/// Every operator case through the whole format: lower, write, read back, raise, evaluate; and in torch.
namespace modelport {
namespace {

/// Half of float16's rounding is lost in the sums of a convolution.
double limit_of(const std::string& name) { return name.find("float16") != std::string::npos ? 2e-3 : 3e-6; }

class TorchscriptOperator : public testing::TestWithParam<size_t> {};

TEST_P(TorchscriptOperator, ComputesTheSameInTheFormatAndInTheEngine) {
  const OperatorCase& operator_case = operator_cases()[GetParam()];
  const auto built = build_case(operator_case);
  ASSERT_TRUE(built) << built.error().text();
  const auto reference = evaluate({built->graph, built->inputs, built->symbols});
  ASSERT_TRUE(reference) << reference.error().text();
  const Format& format = torchscript::format();
  const auto lowered = format.lower(SourceModel(), built->graph, {});
  ASSERT_TRUE(lowered) << lowered.error().text();
  const WrittenFormat written(format);
  const Status status = written.write(**lowered);
  ASSERT_TRUE(status) << status.error().text();

  const auto read = format.read_back(written.path());
  ASSERT_TRUE(read) << read.error().text();
  const Status identical = format.require_identical(**lowered, **read);
  ASSERT_TRUE(identical) << identical.error().text();
  const auto raised = format.raise(**read, {});
  ASSERT_TRUE(raised) << raised.error().text();
  const auto again = evaluate({*raised, built->inputs, built->symbols});
  ASSERT_TRUE(again) << again.error().text();
  ASSERT_EQ(again->outputs.size(), reference->outputs.size());
  const double limit = limit_of(operator_case.name);
  for (size_t i = 0; i < reference->outputs.size(); ++i)
    EXPECT_LE(apart(reference->outputs[i], again->outputs[i]), limit) << "read back";

  if (!torch().presence().found) return;
  auto session = torch().load_file(written.path(), Engine::Optimization::kNone);
  ASSERT_TRUE(session) << session.error().text();
  const auto outputs = run_session(**session, built->inputs);
  ASSERT_TRUE(outputs) << outputs.error().text();
  ASSERT_EQ(outputs->size(), reference->outputs.size());
  for (size_t i = 0; i < outputs->size(); ++i) EXPECT_LE(apart(reference->outputs[i], (*outputs)[i]), limit) << "torch";
}

INSTANTIATE_TEST_SUITE_P(Cases, TorchscriptOperator, testing::Range(size_t{0}, operator_cases().size()),
                         [](const auto& index) {
                           std::string name = operator_cases()[index.param].name;
                           for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
                           return name;
                         });

TEST(TorchscriptOperators, TheFirstOfEqualValuesComesFirst) {
  if (!torch().presence().found) GTEST_SKIP() << "skipped in the engine: torch was not found";
  constexpr int64_t kCount = 8400, kTop = 300;
  GraphBuilder b;
  const ValueId x = b.input("x", {DType::kFloat32, symbolic({1, kCount})});
  b.output("indices", b.topk(x, 1, kTop).indices);
  const auto graph = std::move(b).finish();
  ASSERT_TRUE(graph) << graph.error().text();
  const auto lowered = torchscript::format().lower(SourceModel(), *graph, {});
  ASSERT_TRUE(lowered) << lowered.error().text();
  const WrittenFormat written(torchscript::format());
  ASSERT_TRUE(written.write(**lowered));
  auto session = torch().load_file(written.path(), Engine::Optimization::kNone);
  ASSERT_TRUE(session) << session.error().text();
  EvaluatedValue scores{"x", DType::kFloat32, {1, kCount}, {}, {}, {}};
  scores.floats.assign(kCount, 1.0f);
  const auto outputs = run_session(**session, {scores});
  ASSERT_TRUE(outputs) << outputs.error().text();
  std::vector<int64_t> expected(kTop);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ((*outputs)[0].integers, expected);
}

TEST(TorchscriptOperators, EngineIsThere) {
  const EnginePresence& presence = torch().presence();
  if (!presence.found) {
    GTEST_SKIP() << "skipped: no Python with torch was found (./test installs one into build/venv): "
                 << testing::PrintToString(presence.looked_at);
  }
}

}  // namespace
}  // namespace modelport
