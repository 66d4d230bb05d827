#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "formats/openvino/layout.h"
#include "formats/openvino/openvino_format.h"
#include "formats/openvino/openvino_model.h"
#include "formats/openvino/reader.h"
#include "passes/pass.h"
#include "written_format.h"

namespace modelport {
namespace {

using testing::HasSubstr;

/// Two convolutions of the same weight, a third of its own, and a probe before and at the output.
Graph small_network() {
  GraphBuilder b;
  const ValueId x = b.input("images", {DType::kFloat32, {1, 4, 6, 6}});
  const Conv padded{.pads = {1, 1, 1, 1}};
  b.set_path("model.0");
  const ValueId first = b.unary(Silu{}, b.conv(x, formula_constant(b, {4, 4, 3, 3}, 100), std::nullopt, padded));
  b.set_path("model.1");
  const ValueId second = b.conv(first, formula_constant(b, {4, 4, 3, 3}, 100), formula_constant(b, {4}, 101), padded);
  b.set_path("model.2");
  const ValueId third =
      b.add(b.conv(second, formula_constant(b, {4, 4, 3, 3}, 102), std::nullopt, padded), b.scalar(0.1));
  b.output("output0", third);
  b.probe("second", second);
  b.probe("last", third);
  return *std::move(b).finish();
}

std::vector<EvaluatedValue> small_input() {
  return {{"images", DType::kFloat32, {1, 4, 6, 6}, operand_values(144, 0), {}, {}}};
}

SourceModel described() {
  SourceModel model;
  model.facts.model_type = "YOLO";
  model.facts.model_name = "yolo11n";
  model.facts.class_names = {"cat", "hot dog"};
  model.facts.detection = DetectionFacts{.iou_threshold = 0.45};
  model.facts.preprocessing.pad_value = 114;
  model.facts.framework_metadata = {{"version", "8.4"}, {"stride", "32"}, {"names", "{0: 'cat', 1: 'hot dog'}"}};
  return model;
}

std::shared_ptr<const LoweredModel> lowered(const Graph& network = small_network()) {
  auto model = openvino::format().lower(described(), network, {});
  EXPECT_TRUE(model) << model.error().text();
  return *model;
}

const openvino::OpenvinoModel& as_ir(const std::shared_ptr<const LoweredModel>& model) {
  return dynamic_cast<const openvino::OpenvinoModel&>(*model);
}

std::vector<const openvino::OpenvinoLayer*> constants(const openvino::OpenvinoModel& model) {
  std::vector<const openvino::OpenvinoLayer*> found;
  for (const openvino::OpenvinoLayer& layer : model.layers) {
    if (layer.type == openvino::OpenvinoOpType::kConst) found.push_back(&layer);
  }
  return found;
}

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(OpenvinoFormat, AlignsConstantsAndStoresEqualOnesOnce) {
  const auto model = lowered();
  const auto all = constants(as_ir(model));
  ASSERT_EQ(all.size(), 5u);
  for (const openvino::OpenvinoLayer* each : all) EXPECT_EQ(each->offset % 64, 0u) << each->name;
  EXPECT_EQ(all[0]->name, "model.0.weight");
  EXPECT_EQ(all[1]->name, "model.1.weight");
  EXPECT_EQ(all[0]->offset, all[1]->offset);
  EXPECT_NE(all[0]->offset, all[3]->offset);
  const WrittenFormat written(openvino::format());
  ASSERT_TRUE(written.write(*model));
  const uint64_t end = all.back()->offset + 4;
  EXPECT_EQ(std::filesystem::file_size(written.file("model.bin")), end);
}

TEST(OpenvinoFormat, DescribesTheModelForToolsThatKnowItsType) {
  const WrittenFormat written(openvino::format());
  ASSERT_TRUE(written.write(*lowered()));
  EXPECT_THAT(content(written.path()), HasSubstr("\t\t<model_info>\n"
                                                 "\t\t\t<iou_threshold value=\"0.45\" />\n"
                                                 "\t\t\t<labels value=\"cat hot_dog\" />\n"
                                                 "\t\t\t<model_type value=\"YOLO\" />\n"
                                                 "\t\t\t<pad_value value=\"114\" />\n"
                                                 "\t\t\t<resize_type value=\"fit_to_window_letterbox\" />\n"
                                                 "\t\t\t<reverse_input_channels value=\"YES\" />\n"
                                                 "\t\t\t<scale_values value=\"255\" />\n"
                                                 "\t\t</model_info>\n"));
}

TEST(OpenvinoFormat, SaysNothingOfATypeThatNoToolKnows) {
  SourceModel model = described();
  model.facts.model_type.clear();
  const auto of_nobody = openvino::format().lower(model, small_network(), {});
  ASSERT_TRUE(of_nobody);
  for (const openvino::OpenvinoInfo& entry : as_ir(*of_nobody).info) EXPECT_EQ(entry.name, "modelport");
}

TEST(OpenvinoFormat, StoresWeightsInHalfTheBytesAndComputesInFloat32) {
  const Format& format = openvino::format();
  const Graph network = small_network();
  const auto compressed =
      to_half(network, std::vector<NodePrecision>(network.nodes.size(), NodePrecision::kFloat16Weights));
  ASSERT_TRUE(compressed) << compressed.error().text();
  const auto model = lowered(*compressed);
  size_t decompressions = 0;
  for (const openvino::OpenvinoLayer& layer : as_ir(model).layers) {
    if (layer.type != openvino::OpenvinoOpType::kConvert) continue;
    EXPECT_THAT(layer.marks, testing::ElementsAre(std::string(openvino::layout::kDecompression)));
    ++decompressions;
  }
  EXPECT_EQ(decompressions, 3u) << "a bias stays as it is";
  EXPECT_EQ(constants(as_ir(model)).back()->data.dtype(), DType::kFloat32) << "a single number stays as it is";

  const WrittenFormat written(format);
  ASSERT_TRUE(written.write(*model));
  const auto read = format.read_back(written.path());
  ASSERT_TRUE(read) << read.error().text();
  ASSERT_TRUE(format.require_identical(*model, **read));
  const auto raised = format.raise(**read, {});
  ASSERT_TRUE(raised) << raised.error().text();
  const auto exact = evaluate({small_network(), small_input(), {}});
  const auto half = evaluate({*raised, small_input(), {}});
  ASSERT_TRUE(exact && half);
  const double rounding = apart(exact->outputs[0], half->outputs[0]);
  EXPECT_GT(rounding, 1e-6);
  EXPECT_LT(rounding, 5e-3);
  if (!openvino_runtime().presence().found) GTEST_SKIP() << "skipped in the engine: OpenVINO was not found";
  auto session = openvino_runtime().load_file(written.path(), Engine::Optimization::kAll);
  ASSERT_TRUE(session) << session.error().text();
  const auto outputs = run_session(**session, small_input());
  ASSERT_TRUE(outputs) << outputs.error().text();
  EXPECT_LT(apart(half->outputs[0], (*outputs)[0]), 3e-6);
}

TEST(OpenvinoFormat, TwinGivesProbesAsFurtherOutputs) {
  const Format& format = openvino::format();
  const auto model = lowered();
  const std::vector<std::string> names = format.probe_names(*model);
  EXPECT_THAT(names, testing::ElementsAre("model.1/Add", "output0"));
  const WrittenFormat written(format);
  ASSERT_TRUE(written.write(*model));
  const auto read = format.read_back(written.path());
  ASSERT_TRUE(read) << read.error().text();
  const auto raised = format.raise(**read, names);
  ASSERT_TRUE(raised) << raised.error().text();
  const auto expected = evaluate({small_network(), small_input(), {}});
  const auto again = evaluate({*raised, small_input(), {}});
  ASSERT_TRUE(expected && again);
  for (size_t i = 0; i < 2; ++i) EXPECT_LT(apart(expected->probes[i], again->probes[i]), 3e-6);

  const auto twin = format.twin(*model, written.path());
  ASSERT_TRUE(twin);
  if (!openvino_runtime().presence().found) GTEST_SKIP() << "skipped in the engine: OpenVINO was not found";
  auto session = openvino_runtime().load(written.path(), *twin, Engine::Optimization::kAll);
  ASSERT_TRUE(session) << session.error().text();
  const auto outputs = run_session(**session, small_input());
  ASSERT_TRUE(outputs) << outputs.error().text();
  ASSERT_EQ(outputs->size(), 2u) << "the probe that is an output is given once";
  EXPECT_LT(apart(expected->outputs[0], (*outputs)[0]), 3e-6);
  EXPECT_LT(apart(expected->probes[0], (*outputs)[1]), 3e-6);
}

/// The written XML with one text replaced, read against the written weights.
class OpenvinoReader : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(written_.write(*model_));
    xml_ = content(written_.path());
  }

  std::string replaced(std::string_view what, std::string_view by) const {
    std::string out = xml_;
    const size_t at = out.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return out.replace(at, what.size(), by);
  }

  Result<std::shared_ptr<const openvino::OpenvinoModel>> read(const std::string& xml) const {
    TRY(weights, MappedFile::open(written_.file("model.bin")));
    return openvino::read_openvino(std::as_bytes(std::span(xml)), std::move(weights));
  }

  std::string error_of(const std::string& xml) const {
    const auto model = read(xml);
    return model ? "" : model.error().text();
  }

  const std::shared_ptr<const LoweredModel> model_ = lowered();
  const WrittenFormat written_{openvino::format()};
  std::string xml_;
};

TEST_F(OpenvinoReader, RefusesWhatContradictsItself) {
  EXPECT_EQ(error_of(xml_), "");
  EXPECT_THAT(error_of(xml_.substr(0, xml_.size() / 2)), HasSubstr("it is no XML"));
  EXPECT_THAT(error_of(""), HasSubstr("it is no XML"));
  EXPECT_THAT(error_of("<net version=\"11\"/>"), HasSubstr("no layers"));
  EXPECT_THAT(error_of(replaced("version=\"11\"", "version=\"10\"")), HasSubstr("the IR has version 10"));
  EXPECT_THAT(error_of(replaced("type=\"Swish\" version=\"opset4\"", "type=\"Swish\" version=\"opset9\"")),
              HasSubstr("the operation Swish of opset9 is not read"));
  EXPECT_THAT(error_of(replaced("type=\"Swish\"", "type=\"Loop\"")), HasSubstr("the operation Loop"));
  EXPECT_THAT(error_of(replaced("offset=\"0\"", "offset=\"1048576\"")), HasSubstr("are not in the weights"));
  EXPECT_THAT(error_of(replaced("offset=\"0\"", "offset=\"18446744073709551615\"")),
              HasSubstr("are not in the weights"));
  EXPECT_THAT(error_of(replaced("size=\"576\"", "size=\"575\"")), HasSubstr("575 bytes do not hold"));
  EXPECT_THAT(error_of(replaced("element_type=\"f32\" shape=\"4, 4", "element_type=\"f32\" shape=\"4, 5")),
              HasSubstr("declared as another type"));
  EXPECT_THAT(error_of(replaced("<port id=\"0\" precision=\"FP32\">", "<port id=\"0\" precision=\"FP16\">")),
              HasSubstr("declared as"));
  EXPECT_THAT(error_of(replaced("from-layer=\"0\"", "from-layer=\"9\"")), HasSubstr("which is not behind it"));
  EXPECT_THAT(error_of(replaced("<edge from-layer=\"0\" from-port=\"0\" to-layer=\"2\" to-port=\"0\" />", "")),
              HasSubstr("nothing leads to input 0"));
  EXPECT_THAT(error_of(replaced("<layer id=\"1\"", "<layer id=\"0\"")), HasSubstr("was given before"));
  std::string nested = "<a>";
  for (int i = 0; i < 100; ++i) nested += "<a>";
  for (int i = 0; i < 100; ++i) nested += "</a>";
  EXPECT_THAT(error_of(replaced("<model_info>", nested + "</a><model_info>")), HasSubstr("nested beyond"));
}

TEST_F(OpenvinoReader, NamesWhatDiffersFromWhatWasWritten) {
  const auto difference = [&](const std::string& xml) {
    const auto read = this->read(xml);
    if (!read) return read.error().text();
    const Status status = openvino::format().require_identical(*model_, **read);
    return status ? std::string() : status.error().text();
  };
  EXPECT_EQ(difference(xml_), "");
  EXPECT_THAT(difference(replaced("pads_end=\"1, 1\"", "pads_end=\"1, 0\"")), HasSubstr("its attributes"));
  EXPECT_THAT(difference(replaced("value=\"YOLO\"", "value=\"SSD\"")), HasSubstr("rt_info"));
  EXPECT_THAT(difference(replaced("names=\"output0\"", "names=\"output1\"")), HasSubstr("its outputs"));
  EXPECT_THAT(difference(replaced("name=\"model.0/Swish\"", "name=\"model.0/Swash\"")), HasSubstr("the name of layer"));
  EXPECT_THAT(difference(replaced("type=\"Swish\" version=\"opset4\"", "type=\"Mish\" version=\"opset4\"")),
              HasSubstr("its operation"));
  const auto& third = *constants(as_ir(model_))[3];
  EXPECT_THAT(difference(replaced(fmt::format("offset=\"{}\"", third.offset), "offset=\"0\"")),
              HasSubstr("its attributes"));

  // One flipped bit of a weight.
  {
    std::fstream weights(written_.file("model.bin"), std::ios::in | std::ios::out | std::ios::binary);
    weights.seekp(static_cast<std::streamoff>(third.offset) + 100);
    weights.put('\x7f');
  }
  EXPECT_THAT(difference(xml_), HasSubstr("its elements differ"));
}

TEST_F(OpenvinoReader, RaisesOnlyWhatPortsDeclare) {
  // The same wrong size at both ends of an edge: consistent, but not what a convolution with these pads gives.
  std::string xml = xml_;
  for (size_t at = 0; (at = xml.find("pads_begin=\"1, 1\"", at)) != std::string::npos;)
    xml.replace(at, 17, "pads_begin=\"0, 1\"");
  const auto model = read(xml);
  ASSERT_TRUE(model) << model.error().text();
  const auto raised = openvino::format().raise(**model, {});
  ASSERT_FALSE(raised);
  EXPECT_EQ(raised.error().code, ErrorCode::kDamaged);
  EXPECT_THAT(raised.error().text(), HasSubstr("is declared as float32[1, 4, 6, 6] and it gives float32[1, 4, 5, 6]"));
}

}  // namespace
}  // namespace modelport
