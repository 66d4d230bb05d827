#include <gmock/gmock.h>

#include "artifact/readers.h"
#include "protobuf_text.h"

namespace modelport {
namespace {

using namespace protobuf_text;
using testing::ElementsAre;
using testing::Optional;

Result<ArtifactHeader> read(const std::string& bytes) { return read_onnx_header(std::as_bytes(std::span(bytes))); }

std::string dimension(int64_t size) { return message(1, number(1, static_cast<uint64_t>(size))); }
std::string value(const std::string& name, int type, const std::string& dimensions) {
  return message(1, name) + message(2, message(1, number(1, static_cast<uint64_t>(type)) + message(2, dimensions)));
}
std::string model(const std::string& graph) { return number(1, 8) + message(2, "pytest") + message(7, graph); }

TEST(OnnxHeader, InputsOutputsAndFacts) {
  const std::string symbol = message(1, message(2, "batch"));
  const std::string weights =
      message(5, message(8, "w") + message(13, message(1, "location") + message(2, "model.onnx.data")));
  const auto header =
      read(model(message(11, value("images", 10, symbol + dimension(3) + dimension(640) + message(1, ""))) +
                 message(11, value("w", 1, dimension(8))) + weights + message(12, value("out", 1, dimension(7)))) +
           message(14, message(1, "names") + message(2, "{0: 'a', 1: \"b's\"}")));
  ASSERT_TRUE(header) << header.error().text();
  ASSERT_EQ(header->inputs.size(), 1u);
  EXPECT_EQ(header->inputs[0].name, "images");
  EXPECT_EQ(header->inputs[0].dtype, "float16");
  EXPECT_THAT(header->inputs[0].dims, Optional(ElementsAre(kDynamicSize, 3, 640, kDynamicSize)));
  EXPECT_THAT(header->outputs[0].dims, Optional(ElementsAre(7)));
  EXPECT_THAT(header->companions, ElementsAre("model.onnx.data"));
  EXPECT_EQ(header->fact("producer_name"), "pytest");
  EXPECT_THAT(recorded_classes(*header)->names, ElementsAre("a", "b's"));
}

TEST(OnnxHeader, NoShapeIsNotAScalar) {
  const std::string unshaped = message(1, "out") + message(2, message(1, number(1, 1)));
  const std::string scalar = value("out", 1, "");
  EXPECT_FALSE(read(model(message(12, unshaped)))->outputs[0].dims);
  EXPECT_THAT(read(model(message(12, scalar)))->outputs[0].dims, Optional(testing::IsEmpty()));
}

TEST(OnnxHeader, RefusesWhatIsNone) {
  for (const std::string& bytes : {std::string(), std::string("garbage"), std::string(100, '\0'), number(1, 8),
                                   model(""), message(7, message(12, value("o", 1, "")))})
    EXPECT_FALSE(read(bytes));
}

TEST(OnnxHeader, EveryTruncationIsAnErrorOrWhole) {
  const std::string whole = model(message(11, value("x", 1, dimension(1))) + message(12, value("y", 1, dimension(1))));
  for (size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(read(whole.substr(0, size))) << size;
}

TEST(OnnxHeader, HostileLengthsAndRanks) {
  EXPECT_FALSE(read(number(1, 8) + varint(7 << 3 | 2) + varint(uint64_t{1} << 62)));
  EXPECT_FALSE(read(number(1, 8) + std::string(11, '\xff')));
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += dimension(1);
  const auto header = read(model(message(12, value("y", 1, deep))));
  ASSERT_FALSE(header);
  EXPECT_EQ(header.error().code, ErrorCode::kHostile);
  EXPECT_FALSE(read(model(message(12, value("y", 1, dimension(-5))))));
}

}  // namespace
}  // namespace modelport
