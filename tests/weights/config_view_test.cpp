#include "weights/config_view.h"

#include <gmock/gmock.h>

namespace modelport {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ConfigTest : public testing::Test {
 protected:
  ConfigView root(const std::string& text, std::span<const ConfigRule> rules = {}) {
    auto made = Config::make(account_, "config.json", *parse_json(text, ErrorCode::kDamaged), rules);
    EXPECT_TRUE(made) << made.error().text();
    config_ = *std::move(made);
    return config_->root();
  }
  std::string complaint() const {
    const Status status = account_.require_everything_accounted_for();
    return status ? "" : status.error().message;
  }

  Account account_;
  std::unique_ptr<Config> config_;
};

TEST_F(ConfigTest, KeysAreReadByKind) {
  const ConfigView config = root(R"({"width": 8, "eps": 1e-6, "bias": true, "act": "gelu", "depths": [2, 2], "one": 3,
                                    "none": null})");
  EXPECT_EQ(*config.integer("width"), 8);
  EXPECT_EQ(*config.number("eps"), 1e-6);
  EXPECT_EQ(*config.number("width"), 8.0);
  EXPECT_TRUE(*config.boolean("bias"));
  EXPECT_EQ(*config.text("act"), "gelu");
  EXPECT_THAT(*config.integers("depths"), ElementsAre(2, 2));
  EXPECT_THAT(*config.integers("one"), ElementsAre(3));
  EXPECT_EQ(*config.integer("none", 7), 7) << "null is what Python's defaults stand for";
  EXPECT_EQ(*config.text("absent", "relu"), "relu");
  EXPECT_EQ(complaint(), "");
}

TEST_F(ConfigTest, WrongAndMissingKeysAreNamedWithTheirPath) {
  const ConfigView config = root(R"({"backbone": {"depths": "two", "hiden_size": 8}, "width": 9223372036854775808})");
  const ConfigView backbone = *config.object("backbone");
  EXPECT_EQ(backbone.integers("depths").error().text(),
            R"(config.json: backbone.depths is "two", a list of integers is expected)");
  EXPECT_EQ(backbone.integer("hidden_size").error().text(),
            "config.json: backbone.hidden_size is missing (the nearest is hiden_size)");
  EXPECT_EQ(config.integer("width").error().message,
            "config.json: width is 9223372036854775808, an integer is expected");
  EXPECT_EQ(config.object("width").error().message, "config.json: width is 9223372036854775808, an object is expected");
  EXPECT_EQ(config.object("neck").error().message, "config.json: neck is missing");
}

TEST_F(ConfigTest, EveryKeyIsAccountedFor) {
  constexpr ConfigRule kRules[] = {{"*dropout*", "acts in training only"}};
  const ConfigView config = root(
      R"({"act": "gelu", "hidden_dropout_prob": 0.1, "backbone": {"act": "relu", "width": 8}, "id2label": {"0": "a"}})",
      kRules);
  EXPECT_TRUE(config.text("act"));
  EXPECT_TRUE(config.object("backbone")->integer("width"));
  EXPECT_THAT(complaint(), HasSubstr("config.json: backbone.act [nearest that is read: "));
  EXPECT_THAT(complaint(), HasSubstr("config.json: id2label.0"));
  config.object("backbone")->ignore("act", "for the test");
  EXPECT_TRUE(config.value("id2label")) << "an object read as a whole is read with all in it";
  EXPECT_EQ(complaint(), "");
}

TEST_F(ConfigTest, IsAnObject) {
  EXPECT_EQ(Config::make(account_, "config.json", Json::array()).error().message,
            "config.json is [], an object is expected");
}

}  // namespace
}  // namespace modelport
