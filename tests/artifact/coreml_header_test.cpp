#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>

#include "artifact/readers.h"
#include "protobuf_text.h"

namespace modelport {
namespace {

using namespace protobuf_text;
using testing::ElementsAre;
using testing::Optional;

Result<ArtifactHeader> read(const std::string& bytes) { return read_coreml_spec(std::as_bytes(std::span(bytes))); }

std::string feature(const std::string& name, const std::string& type) { return message(1, name) + message(3, type); }
std::string spec(const std::string& description) { return number(1, 7) + message(2, description); }

constexpr uint64_t kFloat32 = 65568, kFloat16 = 65552;

TEST(CoremlHeader, Arrays) {
  const std::string sizes = varint(1) + varint(3) + varint(640) + varint(640);
  const std::string array = message(1, sizes) + number(2, kFloat32);
  const auto header = read(spec(message(1, feature("image", message(5, array))) +
                                message(10, feature("var_9", message(5, number(2, kFloat16)))) +
                                message(100, message(100, message(1, "names") + message(2, "['a']")))));
  ASSERT_TRUE(header) << header.error().text();
  EXPECT_EQ(header->inputs[0].dtype, "float32");
  EXPECT_THAT(header->inputs[0].dims, Optional(ElementsAre(1, 3, 640, 640)));
  EXPECT_EQ(header->outputs[0].dtype, "float16");
  EXPECT_FALSE(header->outputs[0].dims);
  EXPECT_THAT(recorded_classes(*header)->names, ElementsAre("a"));
}

TEST(CoremlHeader, RangesAreDynamic) {
  const auto range = [](uint64_t lower, uint64_t upper) { return message(1, number(1, lower) + number(2, upper)); };
  const std::string array = number(1, 1) + number(1, 3) + number(2, kFloat32) + message(31, range(1, 8) + range(3, 3));
  const auto header = read(spec(message(1, feature("x", message(5, array))) + message(10, feature("y", ""))));
  ASSERT_TRUE(header) << header.error().text();
  EXPECT_THAT(header->inputs[0].dims, Optional(ElementsAre(kDynamicSize, 3)));
}

TEST(CoremlHeader, Pictures) {
  const std::string picture = number(1, 320) + number(2, 240) + number(3, 10);
  const auto header = read(spec(message(1, feature("image", message(4, picture))) + message(10, feature("y", ""))));
  ASSERT_TRUE(header) << header.error().text();
  EXPECT_THAT(header->inputs[0].dims, Optional(ElementsAre(240, 320, 1)));
  EXPECT_EQ(header->inputs[0].dtype, "");
}

TEST(CoremlHeader, EnumeratedShapesAreDynamicWhereTheyDiffer) {
  const auto shape = [](uint64_t height) {
    return message(1, number(1, 1) + number(1, 3) + number(1, height) + number(1, 48));
  };
  const std::string first = number(1, 1) + number(1, 3) + number(1, 32) + number(1, 48);
  const std::string array = first + number(2, kFloat32) + message(21, shape(32) + shape(64));
  const auto header = read(spec(message(1, feature("x", message(5, array))) + message(10, feature("y", ""))));
  ASSERT_TRUE(header) << header.error().text();
  EXPECT_THAT(header->inputs[0].dims, Optional(ElementsAre(1, 3, kDynamicSize, 48)));
}

/// A package of coremltools' own, as an export's directory.
class RealPackage : public testing::Test {
 protected:
  RealPackage()
      : folder_(std::filesystem::temp_directory_path() / ("modelport-package-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~RealPackage() override { std::filesystem::remove_all(folder_); }
  Result<ArtifactHeader> read_package(const std::string& name) {
    std::filesystem::copy(MODELPORT_SOURCE_DIR "/tests/fixtures/artifacts/" + name + ".mlpackage",
                          folder_ / "model.mlpackage", std::filesystem::copy_options::recursive);
    return reread();
  }
  Result<ArtifactHeader> reread() {
    TRY(directory, ExportDirectory::open(folder_.string()));
    return find_artifact_format("coreml")->read(directory);
  }
  std::filesystem::path weights() const { return folder_ / "model.mlpackage/Data/com.apple.CoreML/weights/weight.bin"; }
  std::filesystem::path folder_;
};

TEST_F(RealPackage, EnumeratedShapes) {
  const auto header = read_package("enumerated");
  ASSERT_TRUE(header) << header.error().text();
  EXPECT_THAT(header->inputs[0].dims, Optional(ElementsAre(1, 3, kDynamicSize, 48)));
  EXPECT_THAT(header->outputs[0].dims, Optional(ElementsAre(1, 3)));
  EXPECT_THAT(header->companions, ElementsAre("model.mlpackage/Data/com.apple.CoreML/weights/weight.bin"));
}

TEST_F(RealPackage, ClassifiersDeclareNoOutputTensor) {
  const auto header = read_package("classifier");
  ASSERT_TRUE(header) << header.error().text();
  EXPECT_THAT(header->inputs[0].dims, Optional(ElementsAre(1, 3, 32, 48)));
  EXPECT_THAT(header->outputs, testing::IsEmpty());
}

TEST_F(RealPackage, WeightsThatAreCut) {
  ASSERT_TRUE(read_package("enumerated"));
  const uint64_t whole = std::filesystem::file_size(weights());
  for (const uint64_t size : {whole - 1, whole / 2, uint64_t{100}, uint64_t{1}}) {
    std::filesystem::resize_file(weights(), size);
    const auto header = reread();
    ASSERT_FALSE(header) << size;
    EXPECT_EQ(header.error().code, ErrorCode::kDamaged);
  }
}

TEST(CoremlHeader, RefusesWhatIsNone) {
  for (const std::string& bytes : {std::string(), std::string("garbage"), number(1, 7), spec("")})
    EXPECT_FALSE(read(bytes));
}

TEST(CoremlManifest, FindsTheModel) {
  const auto path = read_coreml_manifest(
      R"({"fileFormatVersion": "1.0.0", "itemInfoEntries": {"A": {"path": "com.apple.CoreML/model.mlmodel"}, "B": {"path": "w"}},
          "rootModelIdentifier": "A"})");
  ASSERT_TRUE(path) << path.error().text();
  EXPECT_EQ(*path, "Data/com.apple.CoreML/model.mlmodel");
  for (const char* text : {"", "[]", "{}", R"({"rootModelIdentifier": "A", "itemInfoEntries": {}})",
                           R"({"rootModelIdentifier": "A", "itemInfoEntries": {"A": {"path": 1}}})"})
    EXPECT_FALSE(read_coreml_manifest(text)) << text;
}

}  // namespace
}  // namespace modelport
