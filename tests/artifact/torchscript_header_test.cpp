#include <gmock/gmock.h>

#include "../io/zip_builder.h"
#include "artifact/readers.h"

namespace modelport {
namespace {

using testing::ElementsAre;
using testing::Optional;

constexpr std::string_view kPickle =
    "\x80\x02"
    "c__torch__.net.tasks\nNet\n)\x81}b.";
constexpr std::string_view kCode =
    "class Other(Module):\n  def forward(self: __torch__.net.tasks.Other,\n    a: Tensor) -> int:\n"
    "class Net(Module):\n  training : bool\n  def forward(self: __torch__.net.tasks.Net,\n    images: Tensor,\n"
    "    sizes: Tuple[int, int],\n    masks: Tensor) -> Tuple[Tensor, Tensor]:\n    return (images, masks)\n";

std::string archive(const std::vector<std::pair<std::string, std::string>>& more, std::string_view code = kCode) {
  ZipBuilder zip;
  zip.add("m/data.pkl", std::string(kPickle)).add("m/constants.pkl", "\x80\x02).");
  zip.add("m/code/__torch__/net/tasks.py", std::string(code));
  for (const auto& [name, content] : more) zip.add("m/" + name, content);
  return zip.finish();
}

Result<ArtifactHeader> read(const std::string& bytes) {
  return read_torchscript_header(std::as_bytes(std::span(bytes)));
}

TEST(TorchscriptHeader, SignatureAndFacts) {
  const auto header =
      read(archive({{"extra/config.txt", R"({"task": "detect", "names": {"0": "bolt", "1": "nut"}, "batch": 1})"}}));
  ASSERT_TRUE(header) << header.error().text();
  ASSERT_EQ(header->inputs.size(), 2u);
  EXPECT_EQ(header->inputs[0].name, "images");
  EXPECT_EQ(header->inputs[1].name, "masks");
  EXPECT_FALSE(header->inputs[0].dims);
  EXPECT_EQ(header->outputs.size(), 2u);
  EXPECT_THAT(recorded_classes(*header)->names, ElementsAre("bolt", "nut"));
  EXPECT_EQ(recorded_task(*header), "detect");
}

TEST(TorchscriptHeader, TypesWhereTheyAreNoted) {
  const auto header = read(archive(
      {{"extra/modelport.json",
        R"({"inputs": [{"name": "images", "dtype": "float32", "shape": ["batch", 3, "32*height/32", 64]}]})"}}));
  ASSERT_TRUE(header) << header.error().text();
  EXPECT_EQ(header->inputs[0].dtype, "float32");
  EXPECT_THAT(header->inputs[0].dims, Optional(ElementsAre(kDynamicSize, 3, kDynamicSize, 64)));
  EXPECT_FALSE(header->inputs[1].dims);
}

TEST(TorchscriptHeader, OddCodeIsNoError) {
  for (const std::string_view code :
       {"", "class Net(Module):\n  def forward(self", "class Net(Module):\n  def forward(((((",
        "class Net(Module):\n  def forward(self: a) -> Tuple[List[Tensor]]:"}) {
    const auto header = read(archive({}, code));
    ASSERT_TRUE(header) << header.error().text();
    EXPECT_TRUE(header->outputs.empty()) << code;
  }
}

TEST(TorchscriptHeader, RefusesWhatIsNone) {
  ZipBuilder checkpoint;
  checkpoint.add("m/data.pkl", std::string(kPickle));
  for (const std::string& bytes : {std::string(), std::string("garbage"), checkpoint.finish(), ZipBuilder().finish()})
    EXPECT_FALSE(read(bytes));
}

TEST(TensorrtPlan, IsRecognised) {
  const auto read_plan = [](const std::string& bytes) { return recognise_tensorrt(std::as_bytes(std::span(bytes))); };
  EXPECT_EQ(read_plan("ftrt and more")->depth, ArtifactHeader::Depth::kRecognised);
  const std::string note = R"({"task": "detect", "batch": 1})";
  const auto noted = read_plan(std::string(1, static_cast<char>(note.size())) + std::string(3, '\0') + note + "ftrt");
  ASSERT_TRUE(noted) << noted.error().text();
  EXPECT_EQ(recorded_task(*noted), "detect");
  for (const std::string& bytes : {std::string(), std::string("onnx"),
                                   std::string("\xff\xff\xff\xff"
                                               "ftrt"),
                                   std::string(100, '\0')})
    EXPECT_FALSE(read_plan(bytes));
}

}  // namespace
}  // namespace modelport
