#include <gmock/gmock.h>

#include "artifact/readers.h"

namespace modelport {
namespace {

using testing::ElementsAre;
using testing::Optional;

Result<ArtifactHeader> read(std::string_view xml) { return read_openvino_header(std::as_bytes(std::span(xml))); }

constexpr std::string_view kModel = R"(<?xml version="1.0"?>
<net name="m" version="11"><layers>
<layer id="0" name="x" type="Parameter" version="opset1"><data shape="?,3" element_type="f16"/><output><port id="0" precision="FP16" names="images,alias"><dim>-1</dim><dim>3</dim></port></output></layer>
<layer id="1" name="w" type="Const" version="opset1"><data element_type="f32" shape="4" offset="64" size="16"/><output><port id="0" precision="FP32"><dim>4</dim></port></output></layer>
<layer id="2" name="y" type="SoftMax" version="opset8"><input><port id="0"><dim>-1</dim><dim>3</dim></port></input><output><port id="1" precision="FP16" names="output0"><dim>-1</dim><dim>3</dim></port></output></layer>
<layer id="3" name="r" type="Result" version="opset1"><input><port id="0" precision="FP16"><dim>-1</dim><dim>3</dim></port></input></layer>
</layers><edges><edge from-layer="0" from-port="0" to-layer="2" to-port="0"/><edge from-layer="2" from-port="1" to-layer="3" to-port="0"/></edges>
<rt_info><model_info><labels value="traffic_light car"/><task value="detect"/></model_info></rt_info></net>)";

TEST(OpenvinoHeader, InputsOutputsAndFacts) {
  const auto header = read(kModel);
  ASSERT_TRUE(header) << header.error().text();
  EXPECT_EQ(header->inputs[0].name, "images");
  EXPECT_EQ(header->inputs[0].dtype, "float16");
  EXPECT_THAT(header->inputs[0].dims, Optional(ElementsAre(kDynamicSize, 3)));
  EXPECT_EQ(header->outputs[0].name, "output0");
  EXPECT_EQ(header->companion_bytes, 80u);
  EXPECT_TRUE(recorded_classes(*header)->agree_with({"traffic light", "car"}));
  EXPECT_FALSE(recorded_classes(*header)->agree_with({"car", "traffic light"}));
  EXPECT_EQ(recorded_task(*header), "detect");
}

TEST(OpenvinoHeader, RefusesWhatIsNone) {
  for (const std::string_view xml : {"", "garbage", "<net version=\"11\"/>", "<net><layers/></net>", "<html/>"})
    EXPECT_FALSE(read(xml)) << xml;
}

TEST(OpenvinoHeader, ConstantsDoNotWrapAround) {
  std::string xml(kModel);
  xml.replace(xml.find("\"64\""), 4, "\"18446744073709551615\"");
  EXPECT_EQ(read(xml).error().code, ErrorCode::kHostile);
}

}  // namespace
}  // namespace modelport
