#include "checkpoint/numpy_value.h"

#include <gtest/gtest.h>

#include "checkpoint/pickle_reader.h"
#include "pickle_builder.h"

namespace modelport {
namespace {

using namespace pickled;

std::string bytes(std::string_view value) {
  return "B" + raw(static_cast<uint32_t>(value.size())) + std::string(value);
}

std::string dtype(std::string_view code, std::string_view order) {
  return reduce(global("numpy", "dtype"), tuple({text(code), boolean(false), boolean(true)})) +
         tuple({integer(3), text(order), none(), none(), none(), integer(-1), integer(-1), integer(0)}) + "b";
}

std::string scalar(std::string_view code, std::string_view order, std::string_view content) {
  return reduce(global("numpy._core.multiarray", "scalar"), tuple({dtype(code, order), bytes(content)}));
}

std::string array(const std::string& shape, std::string_view code, const std::string& content) {
  return reduce(global("numpy._core.multiarray", "_reconstruct"),
                tuple({global("numpy", "ndarray"), sizes({0}), bytes("b")})) +
         tuple({integer(1), shape, dtype(code, "<"), boolean(false), content}) + "b";
}

std::string utf32(std::u32string_view text) {
  return {reinterpret_cast<const char*>(text.data()), text.size() * sizeof(char32_t)};
}

/// Reads a pickle's value and keeps what it points into.
class Value {
 public:
  explicit Value(const std::string& pickle) : pickle_(pickle + ".") {
    const PersistentLoader none = [](const PickleValue&) -> Result<PickleValue> { return PickleValue(); };
    const auto read = read_pickle(std::as_bytes(std::span(pickle_)), arena_, none);
    EXPECT_TRUE(read) << (read ? "" : read.error().text());
    if (read) value_ = read->value;
  }
  std::string shown() const { return pickle_value_text(value_, 200); }
  std::string items() {
    const auto found = plain_items(value_, arena_);
    if (!found) return "none";
    std::string out;
    for (const PickleValue& item : *found) out += pickle_value_text(item, 200) + ";";
    return out;
  }
  std::string text_of() const { return plain_text(value_).value_or("none"); }
  int64_t integer_of() const { return plain_integer(value_).value_or(-999); }
  const PickleValue& value() const { return value_; }

 private:
  std::string pickle_;
  PickleArena arena_;
  PickleValue value_;
};

TEST(NumpyValue, ReadsScalarsOfBothByteOrders) {
  EXPECT_EQ(Value(scalar("f4", "<", raw(1.5f))).shown(), "1.5");
  EXPECT_EQ(Value(scalar("f8", ">", raw(__builtin_bswap64(__builtin_bit_cast(uint64_t, 2.5))))).shown(), "2.5");
  EXPECT_EQ(Value(scalar("i8", "<", raw(int64_t{-3}))).shown(), "-3");
  EXPECT_EQ(Value(scalar("u2", ">", raw(uint16_t{0x0100}))).shown(), "1");
  EXPECT_EQ(Value(scalar("u4", "<", raw(uint32_t{4'000'000'000}))).shown(), "4000000000");
  EXPECT_EQ(Value(scalar("b1", "|", "\x01")).shown(), "True");
  EXPECT_EQ(Value(scalar("u8", "<", raw(~uint64_t{0}))).shown(), "<numpy._core.multiarray.scalar>");
  EXPECT_EQ(Value(scalar("M8", "<", raw(int64_t{1}))).shown(), "<numpy._core.multiarray.scalar>");
}

TEST(NumpyValue, ReadsTexts) {
  EXPECT_EQ(Value(scalar("U5", "<", utf32(U"caf\u00e9\0"))).shown(), "<numpy._core.multiarray.scalar>");  // too short
  EXPECT_EQ(Value(scalar("U4", "<", utf32(U"caf\u00e9"))).shown(), "'caf\xc3\xa9'");
  EXPECT_EQ(Value(scalar("U2", "<", utf32(std::u32string_view(U"a\0", 2)))).shown(), "'a'");
  EXPECT_EQ(Value(scalar("U1", "<", utf32(U"\U0001f600"))).shown(), "'\xf0\x9f\x98\x80'");
  EXPECT_EQ(Value(scalar("S3", "|", std::string_view("ab\0", 3))).shown(), "<2 bytes>");
}

TEST(NumpyValue, GivesTheItemsOfArraysRangesAndLists) {
  EXPECT_EQ(Value(array(sizes({2}), "i4", bytes(raw(64) + raw(96)))).items(), "64;96;");
  EXPECT_EQ(Value(array(sizes({2}), "U2", bytes(utf32(std::u32string_view(U"a\0bb", 4))))).items(), "'a';'bb';");
  EXPECT_EQ(Value(array(sizes({2}), "O8", list({text("x"), integer(1)}))).items(), "'x';1;");
  EXPECT_EQ(Value(array(sizes({3}), "i4", bytes(raw(64)))).items(), "none");
  EXPECT_EQ(Value(array(sizes({1 << 30}), "i4", bytes(raw(64)))).items(), "none");
  EXPECT_EQ(Value(reduce(global("builtins", "range"), tuple({integer(0), integer(6), integer(2)}))).items(), "0;2;4;");
  EXPECT_EQ(Value(reduce(global("builtins", "range"), tuple({integer(0), long_integer(int64_t{1} << 60), integer(1)})))
                .items(),
            "none");
  EXPECT_EQ(Value(list({integer(1)})).items(), "1;");
  EXPECT_EQ(Value(integer(1)).items(), "none");
}

TEST(NumpyValue, GivesWhatStandsForATextOrANumber) {
  EXPECT_EQ(Value(reduce(global("pathlib", "PosixPath"), tuple({text("/"), text("a"), text("b.pt")}))).text_of(),
            "/a/b.pt");
  EXPECT_EQ(Value(reduce(global("pathlib", "PureWindowsPath"), tuple({text("a"), text("b")}))).text_of(), "a\\b");
  EXPECT_EQ(Value(global("torch.torch_version", "TorchVersion") + text("2.1") + "\x85\x81").text_of(), "2.1");
  EXPECT_EQ(Value(integer(1)).text_of(), "none");
  EXPECT_EQ(Value(reduce(global("signal", "Signals"), tuple({integer(15)}))).integer_of(), 15);
  EXPECT_EQ(Value(boolean(true)).integer_of(), 1);
  EXPECT_EQ(Value(real(640)).integer_of(), 640);
  EXPECT_EQ(Value(real(0.5)).integer_of(), -999);
}

}  // namespace
}  // namespace modelport
