#include <gmock/gmock.h>

#include "altered_checkpoint.h"
#include "models/ultralytics/forward_reads.h"

/// Attributes that no rule names: ignored where the sources of the release that the checkpoint names tell that no
/// forward() reads them, refused everywhere else.
namespace modelport {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A detector of this release whose head carries one more attribute.
class Marked : public AlteredCheckpoint {
 public:
  Marked(std::string_view version, std::string_view attribute, const PickleValue& value) : AlteredCheckpoint("yolov8") {
    set_in_record("version", text(version));
    set_on_head(attribute, value);
  }
  /// The refusal and the lines of the log.
  std::string said() {
    testing::internal::CaptureStderr();
    const std::string text = refusal();
    return text + testing::internal::GetCapturedStderr();
  }
};

const PickleValue kNumber = PickleValue::integer(7);

TEST(ForwardReads, WhatNoReleaseReadsIsIgnoredWithALine) {
  for (const char* version : {"8.0.0", "8.0.42", "8.3.0", "8.3.0+cu118", "8.4.190"}) {
    EXPECT_THAT(Marked(version, "last_seen", kNumber).said(),
                AllOf(HasSubstr("INFO - Ignored model.22.last_seen (ultralytics.nn.modules.head.Detect): no forward() "
                                "of ultralytics 8.0.0 to 8.4.190 reads last_seen"),
                      ::testing::Not(HasSubstr("does not read"))))
        << version;
  }
}

TEST(ForwardReads, AReleaseBeyondTheTableIsRefusedAsBefore) {
  for (const char* version :
       {"8.5.0", "8.4.191", "9.0.0", "7.9.9", "8.3", "8.3.0.dev1", "8.3.0rc1", "8.5.0+own", "", "8.-3.0"}) {
    const std::string said = Marked(version, "last_seen", kNumber).said();
    EXPECT_THAT(said, AllOf(HasSubstr("what the translation does not read: model.22.last_seen"),
                            HasSubstr("made from ultralytics 8.0.0 to 8.4.190")))
        << version;
    EXPECT_THAT(said, HasSubstr(*version ? std::string("names the release ") + version : "names no release"));
  }
}

TEST(ForwardReads, AReleaseThatIsANumberIsNamed) {
  Marked checkpoint("", "last_seen", kNumber);
  checkpoint.set_in_record("version", PickleValue::real(8.3));
  EXPECT_THAT(checkpoint.said(), HasSubstr("names the release 8.3, which is not in the table"));
}

TEST(ForwardReads, WhatSomeForwardReadsIsRefused) {
  EXPECT_THAT(Marked("8.3.0", "_inference", kNumber).said(), HasSubstr("names the release 8.3.0"));
  EXPECT_THAT(Marked("8.3.0", "forward", kNumber).said(), HasSubstr("model.22.forward"));
}

TEST(ForwardReads, WhatCouldBeCalledIsRefused) {
  AlteredCheckpoint source("yolov8");
  for (const PickleValue& value : {source.global("own", "function"), source.method("own", "Class", "function")}) {
    EXPECT_THAT(Marked("8.3.0", "last_seen", value).said(), HasSubstr("it holds more than data"));
  }
  EXPECT_THAT(Marked("8.3.0", "last_seen", source.global("torch", "float16")).refusal(), IsEmpty());
  EXPECT_THAT(Marked("8.3.0", "last_seen", source.tensor({2, 2})).refusal(), IsEmpty());
}

TEST(ForwardReads, AForkIsRefused) {
  // Up to 8.2.0 a segmenter's __init__ wrote `detect`, since 8.4 it writes a second branch: no release writes both.
  AlteredCheckpoint checkpoint("families/yolov8-seg");
  checkpoint.set_in_record("version", checkpoint.text("8.3.0"));
  checkpoint.set_on_head("last_seen", kNumber);
  EXPECT_THAT(checkpoint.refusal(), IsEmpty());
  checkpoint.set_on_head("detect", checkpoint.method("ultralytics.nn.modules.head", "Detect", "forward"));
  EXPECT_THAT(checkpoint.refusal(), IsEmpty());
  checkpoint.set_on_head("one2one_cv4", kNumber);
  EXPECT_THAT(checkpoint.refusal(), AllOf(HasSubstr("model.22.last_seen"), HasSubstr("no release's"),
                                          HasSubstr("names the release 8.3.0"), HasSubstr("(a fork?)")));
}

TEST(ForwardReads, OfClassesOutsideThePackageNothingIsIgnored) {
  AlteredCheckpoint checkpoint("yolov8");
  checkpoint.set_in_record("version", checkpoint.text("8.3.0"));
  checkpoint.set_on_module({"model", "0", "conv"}, "last_seen", kNumber);
  EXPECT_THAT(checkpoint.refusal(), AllOf(HasSubstr("model.0.conv.last_seen"),
                                          HasSubstr("torch.nn.modules.conv.Conv2d is not in the table")));
}

TEST(ForwardReads, TheTableKnowsWhatHeadsCache) {
  for (const ultralytics::ForwardReads& row : ultralytics::forward_reads()) {
    if (row.module_class != "ultralytics.nn.modules.head.OBB") continue;
    for (const char* name : {" angle ", " anchors ", " strides ", " cv4 "}) EXPECT_THAT(row.reads, HasSubstr(name));
    return;
  }
  FAIL() << "no row of OBB";
}

}  // namespace
}  // namespace modelport
