#include <gmock/gmock.h>

#include "export/reference_outputs.h"

namespace modelport {
namespace {

using testing::HasSubstr;

SourceModel with_inputs(std::vector<IoSpec> inputs) {
  SourceModel model;
  model.inputs = std::move(inputs);
  return model;
}

const IoSpec kPlanes{"images", "NCHW", Role::kImage, {}};
const IoSpec kPixels{"camera", "NHWC", Role::kImage, {}};

TEST(TrialInputs, AreMadeByNameFromWhatEachInputIs) {
  const auto inputs = trial_inputs(with_inputs({kPlanes, kPixels}), {2, 32, 64, 0});
  ASSERT_TRUE(inputs) << inputs.error().text();
  ASSERT_EQ(inputs->size(), 2u);
  EXPECT_EQ((*inputs)[0].name, "images");
  EXPECT_EQ((*inputs)[0].shape, (Shape{2, 3, 32, 64}));
  EXPECT_EQ((*inputs)[1].name, "camera");
  EXPECT_EQ((*inputs)[1].shape, (Shape{2, 32, 64, 3}));
  EXPECT_EQ((*inputs)[1].dtype, DType::kUInt8);
}

TEST(TrialInputs, RefuseWhatNothingIsMadeFor) {
  const auto inputs = trial_inputs(with_inputs({kPlanes, {"mask", "NHW", Role::kFeatures, {}}}), {1, 32, 32, 0});
  ASSERT_FALSE(inputs);
  EXPECT_EQ(inputs.error().code, ErrorCode::kInternal);
  EXPECT_THAT(inputs.error().text(), HasSubstr("mask"));
}

TEST(ImagePosition, IsThatOfTheImage) {
  EXPECT_EQ(image_position(with_inputs({{"mask", "NHW", Role::kFeatures, {}}, kPlanes})), 1u);
}

}  // namespace
}  // namespace modelport
