#include "base/printable.h"

#include <gtest/gtest.h>

namespace modelport {
namespace {

TEST(Printable, KeepsText) {
  EXPECT_EQ(printable(""), "");
  EXPECT_EQ(printable("model.22.cv3: weight is [80, 64]"), "model.22.cv3: weight is [80, 64]");
  EXPECT_EQ(printable("é 模型 😀 \\"), "é 模型 😀 \\");
}

TEST(Printable, MakesOneLine) { EXPECT_EQ(printable("a\nb\r\nc"), "a b  c"); }

TEST(Printable, EscapesControlCharacters) {
  EXPECT_EQ(printable(std::string_view("\0\t\x1b[2J\x7f", 7)), "\\x00\\x09\\x1b[2J\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "\\xc2\\x9b31m")
      << "C1: a one-character escape sequence";
}

TEST(Printable, EscapesWhatIsNotUtf8) {
  EXPECT_EQ(printable("a\xff"
                      "b"),
            "a\\xffb");
  EXPECT_EQ(printable("\xe6\xa8"), "\\xe6\\xa8") << "cut short";
  EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf") << "overlong";
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "a surrogate";
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "beyond U+10FFFF";
  EXPECT_EQ(printable("\xf4\x8f\xbf\xbf"), "\xf4\x8f\xbf\xbf");
}

TEST(Printable, KnowsUtf8) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(
      is_utf8("Pr\xc3\xbc"
              "f \x1b"));
  EXPECT_FALSE(is_utf8("\xc3"));
  EXPECT_FALSE(is_utf8("a\xff"));
}

}  // namespace
}  // namespace modelport
