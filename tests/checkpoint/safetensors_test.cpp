#include "checkpoint/safetensors.h"

#include <gmock/gmock.h>

#include "checkpoint/container.h"

namespace modelport {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string file_of(const std::string& header, const std::string& data) {
  const uint64_t size = header.size();
  return std::string(reinterpret_cast<const char*>(&size), sizeof(size)) + header + data;
}

std::string text_of(const std::string& file) {
  PickleArena arena;
  const auto read = read_safetensors({reinterpret_cast<const std::byte*>(file.data()), file.size()}, nullptr, arena);
  if (!read) return read.error().text();
  std::string out = pickle_value_text(read->root, 500);
  for (const auto& [key, value] : read->metadata) out += " " + key + "=" + value;
  return out;
}

const std::string kEight = "12345678";

TEST(Safetensors, ReadsTensorsAndMetadata) {
  const std::string header =
      R"({"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"e":{"dtype":"I8","shape":[0],"data_offsets":[8,8]}}   )";
  EXPECT_EQ(text_of(file_of(header, kEight)), "{'a': <tensor float32 [2]>, 'e': <tensor int8 [0]>} format=pt");
  EXPECT_EQ(text_of(file_of("{}", "")), "{}");
}

/// The length of the header may begin as any other container does.
TEST(Safetensors, IsRecognisedWhateverItsLength) {
  for (const size_t size : {size_t{0x80}, size_t{0x8b1f}, size_t{0x0178}, size_t{0x9c78}, size_t{0x0280}}) {
    const std::string file = file_of("{" + std::string(size - 2, ' ') + "}", "");
    const Container container = container_from_bytes({reinterpret_cast<const std::byte*>(file.data()), file.size()});
    EXPECT_EQ(container, Container::kSafetensors) << size << ": " << container_info(container).name;
  }
}

TEST(Safetensors, RefusesEveryBrokenRule) {
  const auto entry = [](const std::string& text) { return file_of("{\"a\":" + text + "}", kEight); };
  const std::pair<std::string, std::string_view> cases[] = {
      {"short", "hold no header"},
      {file_of("{}", "").substr(0, 9), "a header of 2 bytes is declared"},
      {std::string("\xff\xff\xff\xff\xff\xff\xff\x7f{}", 10), "is declared"},
      {file_of(" {}", ""), "does not begin with '{'"},
      {file_of("{", ""), "not valid JSON"},
      {file_of("{} x", ""), "not valid JSON"},
      {entry(R"({"dtype":"F32","shape":[3],"data_offsets":[0,8]})"), "does not fill"},
      {entry(R"({"dtype":"F32","shape":[2],"data_offsets":[8,0]})"), "are outside"},
      {entry(R"({"dtype":"F32","shape":[4],"data_offsets":[0,16]})"), "are outside"},
      {entry(R"({"dtype":"F32","shape":[1],"data_offsets":[0,4]})"), "end at byte 4 of the data, the file at 8"},
      {entry(R"({"dtype":"F32","shape":[1],"data_offsets":[4,8]})"),
       "begins at byte 4 of the data, the one before it ends at 0"},
      {entry(R"({"dtype":"F32","shape":[-2],"data_offsets":[0,8]})"), "a negative number"},
      {entry(R"({"dtype":"F32","shape":[2.0],"data_offsets":[0,8]})"), "a fraction"},
      {entry(R"({"dtype":"F32","shape":[9223372036854775807,2],"data_offsets":[0,8]})"), "does not fill"},
      {entry(R"({"dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,8]})"), "does not fit 63 bits"},
      {entry(R"({"dtype":"F3","shape":[2],"data_offsets":[0,8]})"), "element type \"F3\" is not read"},
      {entry(R"({"dtype":"F32","shape":[2]})"), "is missing"},
      {entry(R"({"dtype":"F32","shape":[2],"data_offsets":[0,8],"more":1})"), "a number outside"},
      {entry(R"({"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]})"), "occurs twice"},
      {entry(R"({"dtype":"F32","shape":[[2]],"data_offsets":[0,8]})"), "a list where none may be"},
      {entry(R"({"dtype":"F32","shape":{"x":2},"data_offsets":[0,8]})"), "an object where none may be"},
      {entry("null"), "null"},
      {file_of(R"({"__metadata__":{"k":1}})", ""), "a number outside"},
      {file_of(R"({"__metadata__":{"k":"1","k":"2"}})", ""), "occurs twice"},
      {file_of(
           R"({"a":{"dtype":"I8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"I8","shape":[6],"data_offsets":[2,8]}})",
           kEight),
       "b begins at byte 2"},
      {file_of(
           R"({"a":{"dtype":"I8","shape":[8],"data_offsets":[0,8]},"a":{"dtype":"I8","shape":[8],"data_offsets":[0,8]}})",
           kEight),
       "occurs twice"},
      {file_of(std::string(100'000, '[') + "]", ""), "does not begin"},
      {file_of("{\"a\":" + std::string(100'000, '['), ""), "a list where none may be"},
  };
  for (const auto& [file, what] : cases) EXPECT_THAT(text_of(file), HasSubstr(what));
}

TEST(Safetensors, SurvivesEveryByteChanged) {
  const std::string file = file_of(
      R"({"__metadata__":{"f":"p"},"a":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]},"b":{"dtype":"I8","shape":[4],"data_offsets":[4,8]}})",
      kEight);
  for (size_t at = 0; at < file.size(); ++at) {
    for (int value = 0; value < 256; value += 3) {
      std::string changed = file;
      changed[at] = static_cast<char>(value);
      (void)text_of(changed);
    }
    EXPECT_THAT(text_of(file.substr(0, at)), HasSubstr("safetensors"));
  }
}

}  // namespace
}  // namespace modelport
