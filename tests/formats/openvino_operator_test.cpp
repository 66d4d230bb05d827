#include <map>

#include "formats/openvino/openvino_format.h"
#include "written_format.h"

/// Every operator case through the whole format: lower, write, read back, raise, evaluate; and in OpenVINO.
namespace modelport {
namespace {

/// What OpenVINO's CPU plugin does not run, with the reason. A listed case that passes fails the test.
const std::map<std::string, std::string>& ignored_in_engine() {
  static const std::map<std::string, std::string> kIgnored = {};
  return kIgnored;
}

/// OpenVINO computes in float32 what is declared as float16.
double limit_of(const std::string& name) { return name.find("float16") != std::string::npos ? 2e-3 : 3e-6; }

class OpenvinoOperator : public testing::TestWithParam<size_t> {};

TEST_P(OpenvinoOperator, ComputesTheSameInTheFormatAndInTheEngine) {
  const OperatorCase& operator_case = operator_cases()[GetParam()];
  const auto built = build_case(operator_case);
  ASSERT_TRUE(built) << built.error().text();
  const auto reference = evaluate({built->graph, built->inputs, built->symbols});
  ASSERT_TRUE(reference) << reference.error().text();
  const Format& format = openvino::format();
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

  if (!openvino_runtime().presence().found) return;
  auto session = openvino_runtime().load_file(written.path(), Engine::Optimization::kAll);
  ASSERT_TRUE(session) << session.error().text();
  const auto outputs = run_session(**session, built->inputs);
  ASSERT_TRUE(outputs) << outputs.error().text();
  ASSERT_EQ(outputs->size(), reference->outputs.size());
  double worst = 0;
  for (size_t i = 0; i < outputs->size(); ++i) {
    EXPECT_EQ((*outputs)[i].name, reference->outputs[i].name);
    worst = std::max(worst, apart(reference->outputs[i], (*outputs)[i]));
  }
  const auto ignored = ignored_in_engine().find(operator_case.name);
  if (ignored == ignored_in_engine().end()) {
    EXPECT_LE(worst, limit) << "OpenVINO";
  } else {
    EXPECT_GT(worst, limit) << "ignored because " << ignored->second << ", but it passes";
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, OpenvinoOperator, testing::Range(size_t{0}, operator_cases().size()),
                         [](const auto& index) {
                           std::string name = operator_cases()[index.param].name;
                           for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
                           return name;
                         });

TEST(OpenvinoOperators, EngineIsThere) {
  const EnginePresence& presence = openvino_runtime().presence();
  if (!presence.found) {
    GTEST_SKIP() << "skipped: OpenVINO was not found (./test installs it into build/venv): "
                 << testing::PrintToString(presence.looked_at);
  }
}

}  // namespace
}  // namespace modelport
