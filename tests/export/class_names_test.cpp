#include "export/class_names.h"

#include <gtest/gtest.h>

#include <fstream>

namespace modelport {
namespace {

constexpr std::string_view kWhatItTakes =
    " (give a list of names, an object from class number to name, or the path of a file of either)";

std::string read(std::string_view text) {
  const auto names = class_names_in_text(text);
  return names ? names->dump() : names.error().text();
}

TEST(ClassNamesInText, AreReadInEveryFormThatPeopleKeepThemIn) {
  const std::pair<std::string_view, std::string_view> kCases[] = {
      {"cat\ndog\r\n\nhot dog\n", R"(["cat","dog","hot dog"])"},
      {"#1 fan\n- dash\nplain\n", R"(["#1 fan","- dash","plain"])"},
      {"# of animals\n- cat\n", R"(["cat"])"},
      {R"(["cat", "dog"])", R"(["cat","dog"])"},
      {R"({"0": "cat", "1": "dog"})", R"({"0":"cat","1":"dog"})"},
      {R"({"nc": 2, "names": ["cat", "dog"]})", R"(["cat","dog"])"},
      {"['cat', dog, \"it's\"]", R"(["cat","dog","it's"])"},
      {"{0: cat, 1: 'hot dog'}", R"({"0":"cat","1":"hot dog"})"},
      {"- cat\n- 'it''s'  # quoted\n- \"a \\\"b\\\"\"\n", R"(["cat","it's","a \"b\""])"},
      {"path: ../d\nnc: 2\n\nnames:\n  0: cat # first\n  1: hot dog\ntrain: x\n", R"({"0":"cat","1":"hot dog"})"},
      {"names:\n- cat\n- dog\nval: images\n", R"(["cat","dog"])"},
      {"names: [ cat, dog,\n  bird ]  # three\nnc: 3\n", R"(["cat","dog","bird"])"},
      {"names : {0: cat, 1: dog}\n", R"({"0":"cat","1":"dog"})"},
      {"\xef\xbb\xbfnames:\n  0: caf\xc3\xa9\n", "{\"0\":\"caf\xc3\xa9\"}"},
      {"0: cat\n1: dog\n", R"({"0":"cat","1":"dog"})"},
  };
  for (const auto& [text, expected] : kCases) EXPECT_EQ(read(text), expected) << text;
}

TEST(ClassNamesInText, AreRefusedWhereTheyCannotBeTold) {
  EXPECT_EQ(read("['cat, dog]"), "a quoted name does not end");
  EXPECT_EQ(read("names: [cat, dog\n"), "a list does not end");
  EXPECT_EQ(read("names: cat\n"), "names is neither a list nor a map");
  EXPECT_EQ(read("names:\n  0: cat\n  0: dog\n"), "class 0 is there twice");
  EXPECT_EQ(read("{0 cat}"), "\"0 cat\" has no name");
}

TEST(ClassNamesOption, IsAListOrAnObjectOfEveryClass) {
  const auto names = class_names_option(Json::parse(R"({"1": "dog", "0": "cat"})"));
  ASSERT_TRUE(names) << names.error().text();
  EXPECT_EQ(*names, (std::vector<std::string>{"cat", "dog"}));
  EXPECT_EQ(class_names_option(Json::parse(R"({"1": "dog"})")).error().text(),
            "export_config.class_names: it has the key \"1\", numbers of classes from 0 to 0 are expected" +
                std::string(kWhatItTakes));
}

TEST(ClassNamesOption, IsRefusedWithWhatToDo) {
  const std::pair<Json, std::string> kCases[] = {
      {Json::array(), "it names no class" + std::string(kWhatItTakes)},
      {"", "it is empty" + std::string(kWhatItTakes)},
      {"/nowhere.txt", "cannot open /nowhere.txt: No such file or directory" + std::string(kWhatItTakes)},
      {Json::array({"a", ""}), "a name is empty (give every class a name)"},
      {Json::parse(R"({"0": " "})"), "a name is empty (give every class a name)"},
      {Json::parse(R"({"0": null})"), "null is among the names, text is expected" + std::string(kWhatItTakes)},
      {Json::array({"a\n"}), "the name \"a\\n\" holds a control character (give names of one line)"},
  };
  for (const auto& [value, expected] : kCases) {
    const auto names = class_names_option(value);
    ASSERT_FALSE(names) << value.dump();
    EXPECT_EQ(names.error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(names.error().text(), "export_config.class_names: " + expected);
  }
}

TEST(ClassNamesOption, IsAFileInUtf8) {
  const std::string path = testing::TempDir() + "class_names_test.txt";
  const auto read_file = [&](std::string_view bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
    const auto names = class_names_option(path);
    if (names) return Json(*names).dump();
    EXPECT_EQ(names.error().code, ErrorCode::kInvalidArgument);
    return names.error().text();
  };
  const std::string where = "export_config.class_names: " + path;
  EXPECT_EQ(read_file("\xef\xbb\xbf"
                      "caf\xc3\xa9\ndog\n"),
            "[\"caf\xc3\xa9\",\"dog\"]");
  EXPECT_EQ(read_file("caf\xe9\ndog\n"), where + ": line 1 is not UTF-8 (save the file as UTF-8)");
  EXPECT_EQ(read_file("dog\ncaf\xe9"), where + ": line 2 is not UTF-8 (save the file as UTF-8)");
  EXPECT_EQ(read_file("[\"caf\xe9\"]"), where + ": line 1 is not UTF-8 (save the file as UTF-8)");
  EXPECT_EQ(read_file(std::string_view("\xff\xfe"
                                       "d\0",
                                       4)),
            where + " is UTF-16 (save the file as UTF-8)");
  EXPECT_EQ(read_file(std::string_view("\xfe\xff"
                                       "\0d",
                                       4)),
            where + " is UTF-16 (save the file as UTF-8)");
  EXPECT_EQ(read_file("names: [cat, dog\n"), where + ": a list does not end" + std::string(kWhatItTakes));
}

}  // namespace
}  // namespace modelport
