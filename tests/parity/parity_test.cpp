#include <gtest/gtest.h>

#include "recorded.h"

namespace modelport {
namespace {

class Parity : public testing::TestWithParam<std::string> {};

/// The unfolded graph computes what the framework recorded: three inputs, two seeds, a batch, a size that is not
/// square.
TEST_P(Parity, UnfoldedGraphComputesWhatTheFrameworkRecorded) {
  const auto fixture = read_recorded_fixture(GetParam());
  ASSERT_TRUE(fixture) << fixture.error().text();
  ASSERT_EQ(fixture->cases.size(), 3u);
  for (const RecordedCase& recorded : fixture->cases) {
    const auto model = build_fixture(*fixture, recorded);
    ASSERT_TRUE(model) << model.error().text();
    const auto result = evaluate({model->graph, {recorded.input()}});
    ASSERT_TRUE(result) << result.error().text();
    EXPECT_EQ(disagreement(*model, recorded, *result), "") << recorded.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Fixtures, Parity, testing::ValuesIn(recorded_fixture_names()), [](const auto& fixture) {
  std::string name = fixture.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace modelport
