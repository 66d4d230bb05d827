#include <gmock/gmock.h>

#include <fstream>

#include "formats/torchscript/lower/config_json.h"
#include "formats/torchscript/nms_code.h"
#include "formats/torchscript/torch_model.h"
#include "formats/torchscript/torchscript_format.h"
#include "io/mapped_file.h"
#include "io/zip_reader.h"
#include "io/zip_writer.h"
#include "written_format.h"

namespace modelport {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Two convolutions of the same weight, anchors that depend on the width, and a probe before and at the output.
Graph small_network() {
  GraphBuilder b;
  const Dim width = Dim(4) * Dim::symbol("width/4");
  const ValueId x = b.input("images", {DType::kFloat32, {Dim::symbol("batch"), 4, 6, width}});
  const Conv padded{.pads = {1, 1, 1, 1}};
  b.set_path("model.0.conv");
  const ValueId first = b.conv(x, formula_constant(b, {4, 4, 3, 3}, 100), std::nullopt, padded);
  b.set_path("model.0.act");
  const ValueId active = b.unary(Silu{}, first);
  b.set_path("model.1");
  const ValueId second = b.conv(active, formula_constant(b, {4, 4, 3, 3}, 100), formula_constant(b, {4}, 101), padded);
  b.set_path("lambda");
  const ValueId third = b.add(b.mul(second, b.range(width, DType::kFloat32)), b.scalar(0.1));
  b.output("output0", third);
  b.probe("second", second);
  b.probe("last", third);
  return *std::move(b).finish();
}

BuiltCase small_case() {
  BuiltCase built{small_network(), {}, {{"batch", 2}, {"width/4", 2}}};
  built.inputs = {{"images", DType::kFloat32, {2, 4, 6, 8}, operand_values(2 * 4 * 6 * 8, 0), {}, {}}};
  return built;
}

std::shared_ptr<const LoweredModel> lowered(const Graph& graph = small_network()) {
  SourceModel source;
  source.facts.framework_metadata = {{"version", "8.4"}, {"stride", "32"}, {"names", "{0: 'cat', 1: 'hot dog'}"}};
  auto model = torchscript::format().lower(source, graph, {});
  EXPECT_TRUE(model) << model.error().text();
  return *model;
}

const torchscript::TorchModel& as_torch(const std::shared_ptr<const LoweredModel>& model) {
  return dynamic_cast<const torchscript::TorchModel&>(*model);
}

TEST(TorchscriptFormat, IsReadable) {
  EXPECT_EQ(torchscript::print_torch_code(as_torch(lowered()).code),
            R"(class Net(Module):
  __parameters__ = []
  __buffers__ = ["model_0_conv_weight", "model_1_weight", "model_1_bias", ]
  training : bool
  model_0_conv_weight : Tensor
  model_1_weight : Tensor
  model_1_bias : Tensor
  def forward(self: __torch__.Net,
    images: Tensor) -> Tensor:
    model_0_conv = torch.conv2d(images, self.model_0_conv_weight, None, [1, 1], [1, 1], [1, 1], 1)
    model_0_act = torch.silu(model_0_conv)
    model_1 = torch.conv2d(model_0_act, self.model_1_weight, self.model_1_bias, [1, 1], [1, 1], [1, 1], 1)
    size = torch.size(images, 3)
    dtype = ops.prim.dtype(images)
    device = ops.prim.device(images)
    v_lambda = torch.arange(size, dtype=dtype, layout=None, device=device, pin_memory=False)
    v_lambda_1 = torch.mul(model_1, v_lambda)
    output0 = torch.add(v_lambda_1, 0.10000000149011612)
    return output0
)");
}

TEST(TorchscriptFormat, AlignsStoragesAndStoresEqualOnesOnce) {
  const auto model = lowered();
  const auto& buffers = as_torch(model).buffers;
  ASSERT_EQ(buffers.size(), 3u);
  EXPECT_EQ(buffers[0].storage, buffers[1].storage);
  EXPECT_NE(buffers[0].storage, buffers[2].storage);
  const WrittenFormat written(torchscript::format());
  ASSERT_TRUE(written.write(*model));
  const auto file = MappedFile::open(written.path());
  ASSERT_TRUE(file);
  const auto zip = ZipReader::open((*file)->bytes());
  ASSERT_TRUE(zip) << zip.error().text();
  std::vector<std::string> names;
  for (const ZipMember& member : zip->members()) {
    names.push_back(member.name);
    EXPECT_EQ((member.raw.data() - (*file)->bytes().data()) % 64, 0) << member.name;
  }
  EXPECT_THAT(names, ElementsAre("model/version", "model/byteorder", "model/data/0", "model/data/1", "model/data.pkl",
                                 "model/constants.pkl", "model/extra/config.txt", "model/extra/modelport.json",
                                 "model/code/__torch__.py"));
}

TEST(TorchscriptFormat, DescribesTheModelAsUltralyticsDoes) {
  EXPECT_EQ(as_torch(lowered()).config, R"({"version":8.4,"stride":32,"names":{"0":"cat","1":"hot dog"}})");
  const std::vector<std::pair<std::string, std::string>> entries = {
      {"a", "{'x': [1, (2.5, None)], 'y': {}, 'z': True}"}, {"b", "two \"lines\"\n"}, {"c", "8.4.190"}, {"d", "{open"}};
  EXPECT_EQ(torchscript::config_json(entries),
            R"({"a":{"x":[1,[2.5,null]],"y":{},"z":true},"b":"two \"lines\"\n","c":"8.4.190","d":"{open"})");
}

TEST(TorchscriptFormat, ComputesTheSameAtSizesThatVary) {
  const BuiltCase built = small_case();
  const Format& format = torchscript::format();
  const auto model = lowered();
  const WrittenFormat written(format);
  ASSERT_TRUE(written.write(*model));
  const auto read = format.read_back(written.path());
  ASSERT_TRUE(read) << read.error().text();
  const auto names = format.probe_names(*model);
  EXPECT_THAT(names, ElementsAre("model_1", "output0"));
  const auto raised = format.raise(**read, names);
  ASSERT_TRUE(raised) << raised.error().text();
  const auto expected = evaluate({built.graph, built.inputs, built.symbols});
  const auto again = evaluate({*raised, built.inputs, built.symbols});
  ASSERT_TRUE(expected && again);
  EXPECT_EQ(again->outputs[0].name, "output0");
  EXPECT_LT(apart(expected->outputs[0], again->outputs[0]), 3e-6);
  for (size_t i = 0; i < 2; ++i) EXPECT_LT(apart(expected->probes[i], again->probes[i]), 3e-6);
}

TEST(TorchscriptFormat, TwinReturnsProbesBehindTheOutputs) {
  const WrittenFormat written(torchscript::format());
  const auto model = lowered();
  ASSERT_TRUE(written.write(*model));
  const auto twin = torchscript::format().twin(*model, written.path());
  ASSERT_TRUE(twin) << twin.error().text();
  const auto zip = ZipReader::open(*twin);
  ASSERT_TRUE(zip) << zip.error().text();
  const ZipMember* code = zip->find("model/code/__torch__.py");
  const std::string text(reinterpret_cast<const char*>(code->raw.data()), code->raw.size());
  EXPECT_THAT(text, HasSubstr("-> Tuple[Tensor, Tensor]:"));
  EXPECT_THAT(text, HasSubstr("    return (output0, model_1)\n"));
}

TEST(TorchscriptFormat, TakesItsOwnFloatTypeFromATensor) {
  GraphBuilder b;
  const ValueId pixels = b.input("images", {DType::kUInt8, {1, 4, 4, 3}});
  const ValueId x = b.permute(b.cast(pixels, DType::kFloat32), {0, 3, 1, 2});
  b.output("output0", b.cast(b.conv(x, formula_constant(b, {2, 3, 1, 1}, 100), std::nullopt, {}), DType::kInt64));
  const std::string code = torchscript::print_torch_code(as_torch(lowered(*std::move(b).finish())).code);
  EXPECT_THAT(code, HasSubstr("    dtype = ops.prim.dtype(self.constant)\n    to = torch.to(images, dtype)\n"));
  EXPECT_THAT(code, HasSubstr("output0 = torch.to(conv2d, 4)"));
}

TEST(TorchscriptCode, ReadsExactlyWhatItPrints) {
  const std::string code = torchscript::print_torch_code(as_torch(lowered()).code);
  const auto replaced = [&](std::string_view what, std::string_view by) {
    std::string text = code;
    const size_t at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return text.replace(at, what.size(), by);
  };
  const auto error_of = [](const std::string& text) {
    const auto read = torchscript::parse_torch_code(text);
    return read ? std::string() : read.error().text();
  };
  EXPECT_EQ(error_of(code), "");
  EXPECT_EQ(error_of(code + std::string(torchscript::kTorchNmsCode)), "");
  EXPECT_THAT(error_of(code + "  def other(self):\n    return 1\n"), HasSubstr("no class of one forward method"));
  EXPECT_THAT(error_of(code.substr(0, code.size() / 2)), HasSubstr("ends before forward returns"));
  EXPECT_THAT(error_of(""), HasSubstr("ends before forward returns"));
  EXPECT_THAT(error_of(replaced("torch.silu(model_0_conv)", "model_0_conv.silu()")), HasSubstr("line 11 of the code"));
  EXPECT_THAT(error_of(replaced("torch.silu(model_0_conv)", "torch.silu(model_0_conv")), HasSubstr("does not end"));
  EXPECT_THAT(error_of(replaced("0.10000000149011612", "0.1.2")), HasSubstr("is no number"));
  EXPECT_THAT(error_of(replaced("0.10000000149011612", "1e-1")), HasSubstr("no class of one forward method"));
  EXPECT_THAT(error_of(replaced("[1, 1], 1)", std::string(99, '[') + "1" + std::string(99, ']') + ", 1)")),
              HasSubstr("nested too deeply"));
  EXPECT_THAT(error_of(replaced("    size = ", "    import = ")), HasSubstr("cannot be assigned to"));
  EXPECT_THAT(error_of(replaced("  training : bool\n", "")), HasSubstr("no class of one forward method"));
  EXPECT_THAT(error_of(replaced("layout=None", "layout=\"a\\\"\"")), HasSubstr("backslash"));
}

/// The written archive with one member replaced.
class TorchscriptArchive : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(written_.write(*model_)); }

  /// The reader's error, or what require_identical says; "" when neither minds.
  std::string error_with(const std::string& name, const std::function<std::string(std::string)>& change) const {
    const auto file = MappedFile::open(written_.path());
    const auto zip = ZipReader::open((*file)->bytes());
    const std::string path = written_.file("changed");
    std::ofstream out(path, std::ios::binary);
    ZipWriter writer([&](std::span<const std::byte> bytes) -> Status {
      out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
      return {};
    });
    bool found = false;
    for (const ZipMember& member : zip->members()) {
      std::string content(reinterpret_cast<const char*>(member.raw.data()), member.raw.size());
      if (member.name == "model/" + name) {
        found = true;
        content = change(std::move(content));
      }
      EXPECT_TRUE(writer.add_member(member.name, std::as_bytes(std::span(content))));
    }
    EXPECT_TRUE(found) << name;
    EXPECT_TRUE(writer.finish());
    out.close();
    const auto read = torchscript::format().read_back(path);
    if (!read) return read.error().text();
    const Status same = torchscript::format().require_identical(*model_, **read);
    if (!same) return same.error().text();
    const auto raised = torchscript::format().raise(**read, {});
    return raised ? std::string() : raised.error().text();
  }

  static std::function<std::string(std::string)> replace(std::string what, std::string by) {
    return [=](std::string text) {
      const size_t at = text.find(what);
      EXPECT_NE(at, std::string::npos) << what;
      return text.replace(at, what.size(), by);
    };
  }

  const std::shared_ptr<const LoweredModel> model_ = lowered();
  const WrittenFormat written_{torchscript::format()};
};

TEST_F(TorchscriptArchive, NamesWhatDiffersFromWhatWasWritten) {
  const auto same = [](std::string text) { return text; };
  EXPECT_EQ(error_with("version", same), "");
  const std::string code = "code/__torch__.py";
  EXPECT_THAT(error_with("version", replace("10", "3")), HasSubstr("version is not what this project writes"));
  EXPECT_THAT(error_with("constants.pkl", replace(")", "]")), HasSubstr("constants.pkl is not"));
  EXPECT_THAT(error_with(code, replace("[1, 1], [1, 1], [1, 1], 1)", "[2, 1], [1, 1], [1, 1], 1)")),
              HasSubstr("statement 0"));
  EXPECT_THAT(error_with(code, replace("    return output0", "    return model_1")), HasSubstr("the code was written"));
  EXPECT_THAT(error_with("extra/config.txt", replace("cat", "dog")), HasSubstr("extra/config.txt was written"));
  EXPECT_THAT(error_with("extra/modelport.json", replace("4*width/4", "8*width/4")), HasSubstr("the signature"));
  EXPECT_THAT(error_with("extra/modelport.json", replace("\"shape\"", "\"shapes\"")), HasSubstr("does not describe"));
  EXPECT_THAT(error_with("data.pkl", replace("model_1_bias", "model_1_bios")), HasSubstr("no tensor model_1_bias"));
  EXPECT_THAT(error_with("data.pkl", replace("Net", "Not")), HasSubstr("no object of __torch__.Net"));
  EXPECT_THAT(error_with("data/0", [](std::string bytes) { return bytes.replace(100, 1, 1, '\x7f'); }),
              HasSubstr("the elements of buffer model_0_conv_weight differ"));
  EXPECT_THAT(error_with("data/0", [](const std::string& bytes) { return bytes.substr(4); }), HasSubstr("storage 0"));
}

TEST_F(TorchscriptArchive, DoesNotRaiseWhatIsUsedBeforeItIsThere) {
  torchscript::TorchModel model = as_torch(model_);
  std::swap(model.code.statements[0], model.code.statements[1]);
  const auto raised = torchscript::format().raise(model, {});
  ASSERT_FALSE(raised);
  EXPECT_THAT(raised.error().text(), HasSubstr("'model_0_conv' is used before it is assigned"));
  model = as_torch(model_);
  model.code.statements[1].value.text = "torch.system";
  const auto unknown = torchscript::format().raise(model, {});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::kUnsupportedModel);
  EXPECT_THAT(unknown.error().text(), HasSubstr("torch.system is not read"));
}

}  // namespace
}  // namespace modelport
