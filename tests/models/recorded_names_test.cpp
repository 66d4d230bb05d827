#include <gtest/gtest.h>

#include "checkpoint/checkpoint.h"
#include "models/ultralytics/names/family.h"
#include "models/ultralytics/trainer.h"
#include "modules/find_model.h"

/// Names and image sizes of a checkpoint that are not those its head was trained with.
namespace modelport {
namespace {

class RecordedNames : public testing::Test {
 protected:
  RecordedNames() {
    auto opened =
        open_checkpoint(std::string(MODELPORT_SOURCE_DIR) + "/tests/fixtures/yolov8.pt", ultralytics::families());
    checkpoint_ = *std::move(opened);
  }

  PickleArena& arena() { return const_cast<PickleArena&>(*checkpoint_.arena); }
  PickleValue text(std::string_view content) {
    return PickleValue::text(PickleKind::kString, arena().new_text(std::string(content)));
  }
  PickleValue list(std::vector<PickleValue> items) {
    PickleSequence* sequence = arena().new_sequence();
    sequence->items = std::move(items);
    return PickleValue::sequence(PickleKind::kList, sequence);
  }
  PickleValue dict(std::vector<std::pair<PickleValue, PickleValue>> entries) {
    PickleDict* out = arena().new_dict();
    for (const auto& [key, value] : entries) out->set(key, value);
    return PickleValue::dict(out);
  }

  void set_names(const PickleValue& names) {
    const_cast<PickleDict*>(model_root(checkpoint_)->attributes())->set(text("names"), names);
  }
  void set_image_size(const PickleValue& size) {
    const_cast<PickleDict*>(checkpoint_.find("train_args")->as_dict())->set(text("imgsz"), size);
  }

  Result<SourceModel> build(const BuildRequest& request = {}) {
    TRY(translated, translate(ultralytics_trainer(), checkpoint_, request));
    return std::move(translated.model);
  }

  /// The names, then the notes.
  std::vector<std::string> told() {
    const auto model = build();
    if (!model) return {model.error().text()};
    std::vector<std::string> out = model->facts.class_names;
    out.insert(out.end(), model->notes.begin(), model->notes.end());
    return out;
  }

  Checkpoint checkpoint_;
};

using Texts = std::vector<std::string>;
constexpr std::string_view kHint = " (give them with the option class_names)";

TEST_F(RecordedNames, ThatAreTooFewAreNumberedInTheirPlace) {
  set_names(list({text("cat"), text("dog")}));
  EXPECT_EQ(told(), (Texts{"cat", "dog", "class2", "class3",
                           "names holds 2 classes, the head predicts 4: 2 of them are numbered in their place" +
                               std::string(kHint)}));
  set_names(dict({{PickleValue::integer(3), text("dog")}, {text("1"), text("cat")}}));
  EXPECT_EQ(told()[3], "dog");
  EXPECT_EQ(told()[2], "class2");
  EXPECT_EQ(told()[1], "cat");
}

TEST_F(RecordedNames, ThatAreTooManyAreLeftOut) {
  set_names(list({text("a"), text("b"), text("c"), text("d"), text("e")}));
  EXPECT_EQ(told(), (Texts{"a", "b", "c", "d",
                           "names holds 5 classes, the head predicts 4: the first ones are taken; left out: 4: 'e'" +
                               std::string(kHint)}));
}

TEST_F(RecordedNames, ThatCountFromOneAreToldWithWhatIsLeftOut) {
  set_names(dict({{PickleValue::integer(1), text("a")},
                  {PickleValue::integer(2), text("b")},
                  {PickleValue::integer(3), text("c")},
                  {PickleValue::integer(4), text("d")}}));
  EXPECT_EQ(told(), (Texts{"class0", "a", "b", "c",
                           "names holds 4 classes, the head predicts 4: 1 of them is numbered in its place; left "
                           "out: 4: 'd'; classes count from 0, these names from 1" +
                               std::string(kHint)}));
}

TEST_F(RecordedNames, ThatAreNoLineOfTextAreNumbered) {
  const auto bytes = [&](std::string_view content) {
    return PickleValue::text(PickleKind::kBytes, arena().new_text(std::string(content)));
  };
  set_names(list({bytes("a"), bytes("caf\xc3\xa9"), PickleValue::integer(7), PickleValue::real(1.5)}));
  EXPECT_EQ(told(), (Texts{"a", "caf\xc3\xa9", "7", "1.5"}));
  set_names(list({PickleValue(), list({text("a")}), text("a\nb"), text("fine")}));
  EXPECT_EQ(told(), (Texts{"class0", "class1", "class2", "fine",
                           "names holds what is no text of one line in UTF-8: 0: None, 1: ['a'], 2: 'a b'; these "
                           "classes are numbered in their place" +
                               std::string(kHint)}));
  for (const PickleValue& none : {text("\xff"), text("\xed\xb2\x80x"), bytes("\xff"), text("a\x7f")}) {
    set_names(list({text("a"), text("b"), text("c"), none}));
    EXPECT_EQ(told()[3], "class3");
    EXPECT_EQ(told().size(), 5);
  }
}

TEST_F(RecordedNames, ThatAreNotThereAreNumberedWithAWarning) {
  const std::string note = "the checkpoint names no classes: they are numbered" + std::string(kHint);
  set_names(PickleValue());
  EXPECT_EQ(told(), (Texts{"class0", "class1", "class2", "class3", note}));
  set_names(dict({}));
  EXPECT_EQ(told(), (Texts{"class0", "class1", "class2", "class3", note}));
  EXPECT_EQ(build()->facts.class_names_origin, FactOrigin::kFrameworkDefault);
}

TEST_F(RecordedNames, MustBeAListOrADict) {
  set_names(text("abcd"));
  EXPECT_EQ(told()[0],
            "the root module (ultralytics.nn.tasks.DetectionModel): names is a string, a list or dict is expected" +
                std::string(kHint));
}

TEST_F(RecordedNames, MustBeOfClasses) {
  set_names(dict({{text("cat"), PickleValue::integer(0)}}));
  EXPECT_EQ(told()[0],
            "the root module (ultralytics.nn.tasks.DetectionModel): names has the key 'cat', numbers of classes are "
            "expected" +
                std::string(kHint));
}

TEST_F(RecordedNames, GiveWayToTheOption) {
  set_names(PickleValue::integer(7));
  BuildRequest request;
  request.class_names = {"w", "x", "y", "z"};
  const auto model = build(request);
  ASSERT_TRUE(model) << model.error().text();
  EXPECT_EQ(model->facts.class_names, request.class_names);
  EXPECT_EQ(model->facts.class_names_origin, FactOrigin::kUser);
  EXPECT_TRUE(model->notes.empty());
  request.class_names.pop_back();
  const auto refused = build(request);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(refused.error().text(),
            "export_config.class_names holds 3 names, the model predicts 4 classes (give one name for each class)");
}

TEST_F(RecordedNames, StandBesideImageSizesInEveryForm) {
  const std::pair<PickleValue, std::array<int64_t, 2>> kCases[] = {
      {PickleValue::integer(64), {64, 64}},
      {PickleValue::real(64), {64, 64}},
      {list({PickleValue::integer(64)}), {64, 64}},
      {list({PickleValue::integer(64), PickleValue::integer(96)}), {64, 96}},
      {text("64"), {64, 64}},
      {text("[64, 96]"), {64, 96}},
  };
  for (const auto& [value, expected] : kCases) {
    set_image_size(value);
    const auto model = build();
    ASSERT_TRUE(model) << model.error().text();
    EXPECT_EQ((std::array{model->sizes.height, model->sizes.width}), expected);
  }
  set_image_size(text("big"));
  EXPECT_EQ(build().error().text(),
            "the root module (ultralytics.nn.tasks.DetectionModel): imgsz of its training is 'big', which is no image "
            "size (give one with the option imgsz)");
}

}  // namespace
}  // namespace modelport
