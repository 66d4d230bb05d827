#include <gmock/gmock.h>

#include "altered_checkpoint.h"

/// What heads of old releases leave in their checkpoints.
namespace modelport {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(OldAttributes, TheAngleOfTheLastForwardMakesNoDifference) {
  AlteredCheckpoint checkpoint("families/yolo11-obb");
  checkpoint.set_on_head("angle", checkpoint.tensor({1, 1, 189}));
  EXPECT_THAT(checkpoint.refusal(), IsEmpty());
}

TEST(OldAttributes, TheAngleOfAnotherHeadIsRefused) {
  AlteredCheckpoint checkpoint("families/yolov8-seg");
  checkpoint.set_in_record("version", checkpoint.text("8.5.0"));
  checkpoint.set_on_head("angle", checkpoint.tensor({1, 1, 189}));
  EXPECT_THAT(checkpoint.refusal(), HasSubstr("model.22.angle"));
}

TEST(OldAttributes, TheMethodOfTheBaseIsHonestUnderAnyNameOfItsModule) {
  for (const char* fixture : {"families/yolov8-seg", "families/yolov8-pose", "families/yolo11-obb"}) {
    for (const char* module : {"ultralytics.nn.modules.head", "ultralytics.nn.modules"}) {
      AlteredCheckpoint checkpoint(fixture);
      checkpoint.set_on_head("detect", checkpoint.method(module, "Detect", "forward"));
      EXPECT_THAT(checkpoint.refusal(), IsEmpty()) << fixture << " " << module;
      checkpoint.set_on_head("detect", checkpoint.global(module, "Detect.forward"));
      EXPECT_THAT(checkpoint.refusal(), IsEmpty()) << fixture << " " << module;
    }
  }
}

TEST(OldAttributes, AnotherFunctionInItsPlaceIsRefused) {
  for (const char* fixture : {"families/yolov8-seg", "families/yolov8-pose", "families/yolo11-obb", "yolov8"}) {
    AlteredCheckpoint checkpoint(fixture);
    const PickleValue others[] = {checkpoint.method("ultralytics.nn.modules.head", "Detect", "bias_init"),
                                  checkpoint.method("ultralytics.nn.modules.head", "Segment", "forward"),
                                  checkpoint.global("own", "forward"), checkpoint.global("own", "Detect.forward"),
                                  PickleValue::integer(1)};
    for (const PickleValue& other : others) {
      checkpoint.set_on_head("detect", other);
      EXPECT_THAT(checkpoint.refusal(), HasSubstr("detect() was replaced by")) << fixture;
    }
  }
}

TEST(OldAttributes, ABoundMethodAsDillWritesItIsHonest) {
  AlteredCheckpoint checkpoint("yolo11-fused");
  const char* conv = "ultralytics.nn.modules.conv";
  const auto bind = [&](const PickleValue& function, std::initializer_list<std::string_view> to) {
    checkpoint.set_on_module({"model", "0"}, "forward", checkpoint.bound(function, checkpoint.module(to)));
    return checkpoint.refusal();
  };
  EXPECT_THAT(bind(checkpoint.method(conv, "Conv", "forward_fuse"), {"model", "0"}), IsEmpty());
  EXPECT_THAT(bind(checkpoint.global(conv, "Conv.forward_fuse"), {"model", "0"}), IsEmpty());
  EXPECT_THAT(bind(checkpoint.method(conv, "Conv", "forward_fuse"), {"model", "1"}), HasSubstr("was replaced by"));
  EXPECT_THAT(bind(checkpoint.method(conv, "RepConv", "forward_fuse"), {"model", "0"}), HasSubstr("was replaced by"));
  EXPECT_THAT(bind(checkpoint.method(conv, "Conv", "forward"), {"model", "0"}), HasSubstr("was replaced by"));
}

TEST(OldAttributes, TheNumberOfALayerInsideOfAnotherIsNotRead) {
  AlteredCheckpoint checkpoint("yolov8");
  checkpoint.set_on_module({"model", "2", "cv1"}, "i", PickleValue::integer(7));
  checkpoint.set_on_module({"model", "2", "cv1"}, "f", PickleValue::integer(3));
  EXPECT_THAT(checkpoint.refusal(), IsEmpty());
  checkpoint.set_on_module({"model", "2"}, "i", PickleValue::integer(7));
  EXPECT_THAT(checkpoint.refusal(), HasSubstr("model.2"));
}

TEST(OldAttributes, AForwardOfAnObjectsOwnIsToldWhatToDo) {
  constexpr const char* kAdvice = "delete it before saving (del module.forward)";
  for (const char* layer : {"0", "9", "22"}) {
    AlteredCheckpoint checkpoint("yolov8");
    checkpoint.set_on_module({"model", layer}, "forward", checkpoint.global("mine", "forward"));
    EXPECT_THAT(checkpoint.refusal(),
                AllOf(HasSubstr("its forward() was replaced by"), HasSubstr("mine.forward"), HasSubstr(kAdvice)));
  }
  AlteredCheckpoint unfused("yolov8");
  unfused.set_on_module({"model", "0"}, "forward",
                        unfused.method("ultralytics.nn.modules.conv", "Conv", "forward_fuse"));
  EXPECT_THAT(unfused.refusal(),
              HasSubstr("its forward() was replaced by ultralytics.nn.modules.conv.Conv.forward_fuse, "
                        "its class's forward() is expected"));
}

TEST(OldAttributes, TheSegmenterOfTheOriginalYolov5KeepsItsBasesMethodToo) {
  AlteredCheckpoint checkpoint("yolov5-seg");
  EXPECT_THAT(checkpoint.refusal(), IsEmpty());
  checkpoint.set_on_head("detect", checkpoint.global("own", "forward"));
  EXPECT_THAT(checkpoint.refusal(), HasSubstr("detect() was replaced by own.forward"));
}

}  // namespace
}  // namespace modelport
