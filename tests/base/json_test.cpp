#include "base/json.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace modelport {
namespace {

std::string refusal(std::string_view text) {
  const auto document = parse_json(text, ErrorCode::kDamaged);
  if (document) return "";
  EXPECT_EQ(document.error().code, ErrorCode::kDamaged);
  return document.error().text();
}

TEST(Json, KeepsTheOrderOfKeys) {
  const auto document = parse_json(R"({"z": 1, "a": [true, null, -2.5e3, "\u00e9"]})", ErrorCode::kDamaged);
  ASSERT_TRUE(document);
  EXPECT_EQ(document->begin().key(), "z");
  EXPECT_EQ(print_json(*document),
            "{\n  \"z\": 1,\n  \"a\": [\n    true,\n    null,\n    -2500.0,\n    \"é\"\n  ]\n}\n");
}

TEST(Json, NamesTheByteWhereItStopsBeingJson) {
  EXPECT_EQ(refusal(R"({"a": 1,})"), "not valid JSON at byte 9");
  EXPECT_EQ(refusal("{} x"), "not valid JSON at byte 4");
  EXPECT_EQ(refusal(""), "not valid JSON at byte 1");
  EXPECT_EQ(refusal("[1, NaN]"), "not valid JSON at byte 5");
  EXPECT_EQ(refusal("\"\xff\""), "not valid JSON at byte 2");
  EXPECT_EQ(refusal("{} // note"), "not valid JSON at byte 4");
  EXPECT_EQ(refusal("[01]"), "not valid JSON at byte 3");
}

// Appending is quick; looking for each key among those before it would take minutes here.
TEST(Json, ReadsAnObjectOfVeryManyKeys) {
  std::string text = "{";
  for (int i = 0; i < 150'000; ++i) text += fmt::format("{}\"k{}\":[{{\"v\":{}}}]", i == 0 ? "" : ",", i, i);
  text += "}";
  const auto begin = std::chrono::steady_clock::now();
  const auto document = parse_json(text, ErrorCode::kDamaged);
  ASSERT_TRUE(document);
  EXPECT_EQ(document->size(), 150'000U);
  EXPECT_EQ((--document->end()).value().dump(), R"([{"v":149999}])");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

TEST(Json, NamesTheByteOfANumberThatIsTooLarge) { EXPECT_EQ(refusal("[1, 1e999]"), "not valid JSON at byte 9"); }

TEST(Json, RefusesAKeyGivenTwiceInOneObject) {
  EXPECT_EQ(refusal(R"({"a": {"b": 1, "c": 2, "b": 3}})"), "JSON has the key \"b\" twice");
  EXPECT_EQ(refusal(R"([{"a": 1}, {"a": {"a": 2}}])"), "");
  EXPECT_EQ(refusal(R"({"a": 1, "\u0061": 2})"), "JSON has the key \"a\" twice");
}

TEST(Json, RefusesNestingBeyond64Levels) {
  const auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(refusal(nested(64)), "");
  EXPECT_EQ(refusal(nested(65)), "JSON is nested deeper than 64 levels");
  EXPECT_EQ(refusal(nested(5'000'000)), "JSON is nested deeper than 64 levels");
  EXPECT_EQ(refusal('"' + std::string(100, '[') + "\\\"" + std::string(100, '{') + '"'), "") << "brackets in a string";
}

TEST(Json, PrintsBytesThatAreNotUtf8AsReplacements) { EXPECT_EQ(print_json(Json("a\xff")), "\"a\xef\xbf\xbd\"\n"); }

TEST(Json, TakesTheLastOfTwoKeysWhereAskedTo) {
  const auto document = parse_json(R"({"a": 1, "b": {"a": 1}, "a": 2})", ErrorCode::kDamaged, DuplicateKeys::kLastWins);
  ASSERT_TRUE(document);
  EXPECT_EQ((*document)["a"], 2);
  EXPECT_FALSE(parse_json("[1, NaN]", ErrorCode::kDamaged, DuplicateKeys::kLastWins));
}

}  // namespace
}  // namespace modelport
