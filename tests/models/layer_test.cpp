#include <set>

#include "../formats/written_format.h"
#include "checkpoint/checkpoint.h"
#include "formats/onnx/onnx_format.h"
#include "formats/onnx/options.h"
#include "formats/openvino/openvino_format.h"
#include "formats/torchscript/torchscript_format.h"
#include "models/ultralytics/ignore_rules.h"
#include "models/ultralytics/names/family.h"
#include "models/ultralytics/translation.h"

/// Every plain layer of torch.nn against what torch recorded (tests/fixtures/make_layers.py), and through every format:
/// lowered, written, read back, raised and evaluated, and run in its engine.
namespace modelport::ultralytics {
namespace {

const std::string kFixture = std::string(MODELPORT_SOURCE_DIR) + "/tests/fixtures/layers/torch";

struct Recorded {
  std::string name;
  Shape input;
  Tensor output;
};

/// Layers by name, as pickled, and what torch computed with them.
struct Fixture {
  Checkpoint layers, outputs;
  std::vector<Recorded> recorded;
};

const Fixture& fixture() {
  static const Fixture kAll = [] {
    Fixture all;
    all.layers = *open_checkpoint(kFixture + ".pt", ultralytics::families());
    all.outputs = *open_checkpoint(kFixture + ".ref.safetensors");
    const Json shapes = Json::parse(all.outputs.metadata.at("shapes"));
    for (const NamedTensor& output : list_tensors(all.outputs.root))
      all.recorded.push_back({output.name, shapes.at(output.name).get<Shape>(), output.tensor});
    return all;
  }();
  return kAll;
}

enum class Sizes { kFixed, kVarying };

/// Operand 0 of tests/ops/operator_cases.h, twice as large; "varying" images have a batch and sides of multiples of 2.
struct BuiltLayer {
  Graph graph;
  std::vector<EvaluatedValue> inputs;
  SymbolValues symbols;
};

SymbolicShape input_shape(const Shape& shape, Sizes sizes, SymbolValues& symbols) {
  SymbolicShape out = symbolic(shape);
  if (sizes == Sizes::kFixed) return out;
  symbols = {{"batch", shape[0]}, {"height/2", shape[2] / 2}, {"width/2", shape[3] / 2}};
  return {Dim::symbol("batch"), shape[1], Dim(2) * Dim::symbol("height/2", 2), Dim(2) * Dim::symbol("width/2", 2)};
}

Result<BuiltLayer> build_layer(const Recorded& recorded, Sizes sizes) {
  const PickleObject* object = fixture().layers.find(recorded.name)->as_object();
  Account account;
  Ledger ledger(account, *object, ignore_rules(), {});
  GraphBuilder builder;
  SourceModel model;
  const ModuleAliases aliases;
  Translation t{.b = builder,
                .model = model,
                .text = {},
                .head = HeadChoice::kDefault,
                .max_detections = 300,
                .nms_classes = NmsClasses::kApart,
                .aliases = aliases,
                .class_count = 0,
                .level_strides = {},
                .tuples = {},
                .depth = 0};
  BuiltLayer built;
  const ValueId image = builder.input("x", {DType::kFloat32, input_shape(recorded.input, sizes, built.symbols)});
  const auto y = apply(t, ledger.root(), builder.mul(image, builder.scalar(2)));
  if (builder.error()) return *builder.error();
  if (!y) return y.error();
  builder.output("y", *y);
  CHECK_OK(account.require_everything_accounted_for());
  TRY(graph, std::move(builder).finish());
  built.graph = std::move(graph);
  EvaluatedValue x{"x", DType::kFloat32, recorded.input, {}, {}, {}};
  x.floats = operand_values(*element_count(recorded.input), 0);
  built.inputs = {std::move(x)};
  return built;
}

EvaluatedValue as_recorded(const Recorded& recorded) {
  EvaluatedValue value{"y", DType::kFloat32, recorded.output.shape(), {}, {}, {}};
  value.floats = recorded.output.to_floats();
  return value;
}

constexpr double kLimit = 3e-6;

/// What cannot be said of sizes that vary, by the beginning of its name.
constexpr std::string_view kFixedSizes[] = {"AvgPool2d ceil",
                                            "LPPool2d 4 ceil",
                                            "LayerNorm",
                                            "RMSNorm",
                                            "Upsample area",
                                            "Upsample bicubic",
                                            "Upsample bilinear, broken scale",
                                            "Upsample nearest, broken scale",
                                            "Upsample nearest-exact, broken scale",
                                            "torchvision MLP",
                                            "weight_norm of Linear"};

class Layer : public testing::TestWithParam<size_t> {
 protected:
  const Recorded& recorded() const { return fixture().recorded[GetParam()]; }
};

TEST_P(Layer, ComputesWhatTorchRecorded) {
  const auto built = build_layer(recorded(), Sizes::kFixed);
  ASSERT_TRUE(built) << built.error().text();
  const auto result = evaluate({built->graph, built->inputs, built->symbols});
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_LE(apart(as_recorded(recorded()), result->outputs[0]), kLimit);
}

TEST_P(Layer, ComputesTheSameWhereSizesVary) {
  const Shape& input = recorded().input;
  if (input.size() != 4 || input[2] % 2 != 0 || input[3] % 2 != 0) return;
  const auto built = build_layer(recorded(), Sizes::kVarying);
  const bool needs_fixed =
      std::ranges::any_of(kFixedSizes, [&](std::string_view name) { return recorded().name.starts_with(name); });
  ASSERT_EQ(static_cast<bool>(built), !needs_fixed) << (built ? recorded().name : built.error().text());
  if (!built) {
    // The others hold a weight of the size of the image.
    if (!recorded().name.starts_with("Upsample") && recorded().name.find("Pool2d") == std::string::npos) return;
    EXPECT_EQ(built.error().code, ErrorCode::kInvalidArgument) << "the option asks for it";
    EXPECT_FALSE(built.error().hint.empty());
    return;
  }
  const auto result = evaluate({built->graph, built->inputs, built->symbols});
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_LE(apart(as_recorded(recorded()), result->outputs[0]), kLimit);
}

void check_format(const Recorded& recorded, const Format& format, const FormatOptions& options, Engine& engine) {
  SCOPED_TRACE(format.files.front());
  const auto built = build_layer(recorded, Sizes::kFixed);
  ASSERT_TRUE(built) << built.error().text();
  const auto lowered = format.lower(SourceModel(), built->graph, options);
  ASSERT_TRUE(lowered) << lowered.error().text();
  const WrittenFormat written(format);
  const Status status = written.write(**lowered);
  ASSERT_TRUE(status) << status.error().text();
  const auto read = format.read_back(written.path());
  ASSERT_TRUE(read) << read.error().text();
  const auto raised = format.raise(**read, {});
  ASSERT_TRUE(raised) << raised.error().text();
  const auto again = evaluate({*raised, built->inputs, built->symbols});
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_LE(apart(as_recorded(recorded), again->outputs[0]), kLimit) << "read back";
  if (!engine.presence().found) return;
  const auto session = engine.load_file(written.path(), Engine::Optimization::kAll);
  ASSERT_TRUE(session) << session.error().text();
  const auto outputs = run_session(**session, built->inputs);
  ASSERT_TRUE(outputs) << outputs.error().text();
  EXPECT_LE(apart(as_recorded(recorded), (*outputs)[0]), kLimit) << "engine";
}

TEST_P(Layer, ComputesTheSameInOnnx) {
  check_format(recorded(), onnx::format(), onnx::OnnxOptions{.opset_version = 13}, onnx_runtime());
  check_format(recorded(), onnx::format(), onnx::OnnxOptions{.opset_version = 17}, onnx_runtime());
}
TEST_P(Layer, ComputesTheSameInOpenvino) { check_format(recorded(), openvino::format(), {}, openvino_runtime()); }
TEST_P(Layer, ComputesTheSameInTorchscript) { check_format(recorded(), torchscript::format(), {}, torch()); }

INSTANTIATE_TEST_SUITE_P(Cases, Layer, testing::Range(size_t{0}, fixture().recorded.size()), [](const auto& index) {
  std::string name = fixture().recorded[index.param].name;
  for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return name;
});

}  // namespace
}  // namespace modelport::ultralytics
