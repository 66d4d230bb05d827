#include <gmock/gmock.h>

#include "../checkpoint/hub_folder.h"
#include "base/log.h"
#include "base/sha256.h"
#include "export/pipeline.h"
#include "models/layers/conv2d.h"
#include "models/layers/layer_norm.h"
#include "models/layers/linear.h"
#include "models/layers/multihead_attention.h"
#include "ops/graph_builder.h"

/// A family that is not there: weights by name and a configuration, from a directory to proven ONNX.
namespace modelport {
namespace {

using testing::HasSubstr;

constexpr int64_t kPatch = 4;

constexpr ConfigRule kConfigRules[] = {{"model_type", "which architecture this is"}};
constexpr TensorRule kTensorRules[] = {{"*.position_ids", "counts positions"}};

Result<ValueId> attend(GraphBuilder& b, const Weights& weights, ValueId x, int64_t width, int64_t heads) {
  const auto project = [&](std::string_view name) {
    return linear(b, weights / name, x, {.in_features = width, .out_features = width});
  };
  TRY(query, project("query"));
  TRY(key, project("key"));
  TRY(value, project("value"));
  TRY(attended, attention(b, {query, key, value}, heads).in(weights.where()));
  return linear(b, weights / "out", attended, {.in_features = width, .out_features = width});
}

Result<SourceModel> build_tiny(const ModelSource& source, const BuildRequest& request) {
  const ConfigView config = source.find_config("config.json")->root();
  TRY(width, config.integer("hidden_size"));
  TRY(heads, config.integer("num_attention_heads"));
  TRY(side, config.integer("image_size"));
  TRY(epsilon, config.number("layer_norm_eps", 1e-6));
  TRY(labels, config.object("id2label"));
  SourceModel model;
  ModelFacts& facts = model.facts;
  facts.framework = "made-up";
  facts.model_name = "tiny";
  facts.task = Task::kClassification;
  facts.source_task = "classify";
  for (int64_t i = 0; labels.has(std::to_string(i)); ++i) {
    TRY(label, labels.text(std::to_string(i)));
    facts.class_names.push_back(label);
  }
  facts.stride = kPatch;
  facts.preprocessing.mean = {0, 0, 0};
  facts.preprocessing.std = {1, 1, 1};
  model.sizes = {.batch = request.batch, .height = side, .width = side, .dynamic = request.dynamic};

  GraphBuilder b;
  const Weights weights = source.tensors->root();
  const ValueId image =
      b.input("pixel_values", {.dtype = DType::kFloat32, .shape = image_input_shape(model.sizes, 3, kPatch)});
  TRY(patches, conv2d(b, weights / "patches", image,
                      {.out_channels = width, .kernel = {kPatch, kPatch}, .strides = {kPatch, kPatch}}));
  const ValueId tokens = b.permute(b.merge_axes(patches, 2, 2), {0, 2, 1});
  TRY(normed, layer_norm(b, weights / "layers" / 0 / "norm", tokens, {.shape = {width}, .epsilon = epsilon}));
  TRY(attended, attend(b, weights / "layers" / 0 / "attention", normed, width, heads));
  const ValueId pooled = b.merge_axes(b.reduce_mean(b.add(tokens, attended), {1}), 1, 2);
  const auto classes = static_cast<int64_t>(facts.class_names.size());
  TRY(logits, linear(b, weights / "classifier", pooled, {.in_features = width, .out_features = classes}));
  if (b.error()) return *b.error();
  b.output("logits", logits);
  model.inputs = {{.name = "pixel_values", .layout = "NCHW", .role = Role::kImage, .groups = {}}};
  model.outputs = {{.name = "logits", .layout = "NC", .role = Role::kLogits, .groups = {}}};
  facts.top_k = 1;
  TRY(graph, std::move(b).finish());
  model.graph = std::move(graph);
  return model;
}

constexpr Architecture kArchitectures[] = {{"other", Task::kClassification, nullptr},
                                           {"tiny", Task::kClassification, build_tiny}};

Result<std::string> architecture_of(const Checkpoint& checkpoint, const BuildRequest&) {
  const auto config = checkpoint.documents.find("config.json");
  if (config == checkpoint.documents.end()) return fail(ErrorCode::kUnsupportedModel, "there is no config.json");
  return config->second.value("model_type", "");
}

Result<std::unique_ptr<ModelSource>> open_names(const Checkpoint& checkpoint, const BuildRequest&) {
  auto source = std::make_unique<ModelSource>(checkpoint);
  std::vector<NamedWeight> weights;
  for (const NamedTensor& each : list_tensors(checkpoint.root)) {
    // As wrappers leave it in front of names.
    std::string name = each.name.starts_with("module.") ? each.name.substr(7) : each.name;
    weights.push_back({std::move(name), each.tensor, each.name});
  }
  TRY(tensors, StateDict::make(source->account, std::move(weights), kTensorRules));
  source->tensors = std::move(tensors);
  for (const auto& [name, document] : checkpoint.documents) {
    TRY(config, Config::make(source->account, name, document, kConfigRules));
    source->configs.push_back(std::move(config));
  }
  return source;
}

Trainer made_up_trainer() {
  return {.framework = "made-up",
          .executable = "modelport-made-up",
          .architectures = kArchitectures,
          .architecture_of = architecture_of,
          .open = open_names};
}

std::vector<StoredFloats> tiny_weights() {
  std::vector<StoredFloats> weights;
  const auto add = [&](const std::string& name, std::vector<int64_t> shape) {
    size_t count = 1;
    for (const int64_t size : shape) count *= static_cast<size_t>(size);
    std::vector<float> values;
    for (size_t i = 0; i < count; ++i)
      values.push_back(0.25F * static_cast<float>((i * 37 + 11 * weights.size()) % 17) / 8.0F - 0.25F);
    weights.push_back({name, std::move(shape), std::move(values)});
  };
  add("module.patches.weight", {8, 3, kPatch, kPatch});
  add("module.patches.bias", {8});
  add("module.layers.0.norm.weight", {8});
  add("module.layers.0.norm.bias", {8});
  for (const char* name : {"query", "key", "value", "out"}) {
    add(std::string("module.layers.0.attention.") + name + ".weight", {8, 8});
    add(std::string("module.layers.0.attention.") + name + ".bias", {8});
  }
  add("module.classifier.weight", {3, 8});
  add("module.classifier.bias", {3});
  add("module.embeddings.position_ids", {4});
  return weights;
}

const Json kConfig = {{"model_type", "tiny"},     {"hidden_size", 8},
                      {"num_attention_heads", 2}, {"image_size", 16},
                      {"layer_norm_eps", 1e-5},   {"id2label", {{"0", "cat"}, {"1", "dog"}, {"2", "eel"}}}};

class NamedWeights : public testing::Test {
 protected:
  void SetUp() override {
    set_log_level(LogLevel::kError);
    write(kConfig, tiny_weights());
  }
  void write(const Json& config, const std::vector<StoredFloats>& weights) {
    folder_.write("tiny/config.json", print_json(config));
    folder_.write("tiny/model.safetensors", safetensors_file(weights));
  }
  Status exported() {
    ExportRequest request{folder_.path() + "/tiny/", {{find_format("onnx"), folder_.path() + "/out", {}}}};
    request.targets[0].options.validate = Validation::kReference;
    return run_export(made_up_trainer(), request)[0];
  }
  std::string refusal() {
    const Status status = exported();
    EXPECT_FALSE(std::filesystem::exists(folder_.path() + "/out/metadata.json"));
    return status ? "" : status.error().text();
  }

  HubFolder folder_;
};

TEST_F(NamedWeights, BecomeAProvenModel) {
  const Status status = exported();
  ASSERT_TRUE(status) << status.error().text();
  std::ifstream file(folder_.path() + "/out/metadata.json");
  const Json metadata = *parse_json(std::string(std::istreambuf_iterator<char>(file), {}), ErrorCode::kDamaged);
  EXPECT_EQ(metadata["class_names"], Json::parse(R"(["cat", "dog", "eel"])"));
  const Json& extra = metadata["extra_metadata"];
  EXPECT_EQ(extra["proof"]["level"], "read_back");
  const Json& record = extra["checkpoint"];
  const std::string weights = safetensors_file(tiny_weights()), config = print_json(kConfig);
  const auto digest = [](const std::string& text) { return sha256_hex(std::as_bytes(std::span(text))); };
  EXPECT_EQ(record["name"], "tiny");
  EXPECT_EQ(record["size"], weights.size() + config.size());
  ASSERT_EQ(record["files"].size(), 2u);
  EXPECT_EQ(record["files"][0], Json({{"name", "config.json"}, {"size", config.size()}, {"sha256", digest(config)}}));
  EXPECT_EQ(record["files"][1]["sha256"], digest(weights));
  EXPECT_EQ(record["sha256"], digest(digest(config) + "  config.json\n" + digest(weights) + "  model.safetensors\n"));
}

TEST_F(NamedWeights, ThatNobodyReadsAreNamedAsStored) {
  auto weights = tiny_weights();
  weights.push_back({"module.layers.0.gamma", {8}, std::vector<float>(8, 1.0F)});
  write(kConfig, weights);
  EXPECT_THAT(refusal(), HasSubstr("does not read: module.layers.0.gamma"));
}

TEST_F(NamedWeights, KeysThatNobodyReadsAreNamed) {
  Json config = kConfig;
  config["hidden_act"] = "gelu";
  write(config, tiny_weights());
  EXPECT_THAT(refusal(), HasSubstr("does not read: config.json: hidden_act"));
}

TEST_F(NamedWeights, ThatAreMissingOrOfAnotherShapeAreNamed) {
  auto weights = tiny_weights();
  weights[1].name = "module.patches.bais";
  write(kConfig, weights);
  EXPECT_EQ(refusal(), "tiny: there is no tensor patches.bias (the nearest is patches.bais)");
  weights = tiny_weights();
  weights[2].shape = {2, 4};
  write(kConfig, weights);
  EXPECT_EQ(refusal(), "tiny: layers.0.norm: weight is [2, 4], the architecture says [8]");
}

TEST_F(NamedWeights, AreFinite) {
  auto weights = tiny_weights();
  weights[0].values[5] = std::numeric_limits<float>::infinity();
  write(kConfig, weights);
  EXPECT_THAT(refusal(), HasSubstr("module.patches.weight is infinite at element 5"));
}

}  // namespace
}  // namespace modelport
