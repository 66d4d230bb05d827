#include <gtest/gtest.h>

#include "../formats/written_format.h"
#include "base/log.h"
#include "checkpoint/checkpoint.h"
#include "export/prepare.h"
#include "export/proof.h"
#include "formats/onnx/options.h"
#include "ops/graph_builder.h"
#include "reference/photo_like_input.h"

/// A two-block vision transformer, built by hand from plain tensors, goes the way of every model: it agrees with what
/// torch recorded, is written at several opsets and proven. Composite operators that an opset lacks are decomposed.
namespace modelport {
namespace {

constexpr int64_t kWidth = 32, kHeads = 4, kHeadWidth = 8;

/// The weights by name.
class Weights {
 public:
  explicit Weights(const std::string& name)
      : file_(*open_checkpoint(std::string(MODELPORT_SOURCE_DIR) + "/tests/fixtures/transformer-" + name +
                               ".safetensors")) {
    for (NamedTensor& tensor : list_tensors(file_.root)) tensors_.emplace(tensor.name, std::move(tensor.tensor));
  }
  ValueId operator()(GraphBuilder& b, const std::string& name) const {
    return b.constant(WeightRecipe::source(tensors_.at(name), name));
  }

 private:
  Checkpoint file_;
  std::map<std::string, Tensor> tensors_;
};

ValueId linear(GraphBuilder& b, const Weights& w, const std::string& name, ValueId x) {
  return b.linear(x, w(b, name + ".weight"), w(b, name + ".bias"));
}

ValueId norm(GraphBuilder& b, const Weights& w, const std::string& name, ValueId x) {
  return b.layer_norm(x, w(b, name + ".weight"), w(b, name + ".bias"), {1, 1e-6});
}

ValueId self_attention(GraphBuilder& b, const Weights& w, const std::string& block, ValueId x) {
  const std::vector<ValueId> qkv = b.split(linear(b, w, block + ".qkv", x), 2, {kWidth, kWidth, kWidth});
  const auto heads = [&](ValueId part) { return b.permute(b.split_axis(part, 2, {kHeads, kHeadWidth}), {0, 2, 1, 3}); };
  const ValueId mixed = b.attention(heads(qkv[0]), heads(qkv[1]), heads(qkv[2]), 1.0 / std::sqrt(8.0));
  return linear(b, w, block + ".proj", b.merge_axes(b.permute(mixed, {0, 2, 1, 3}), 2, 2));
}

SourceModel transformer(const Weights& w, bool class_token, GeluForm gelu, DynamicAxes dynamic) {
  SourceModel model;
  model.sizes = {1, 32, 32, dynamic};
  model.facts.stride = 1;
  model.facts.model_name = "two_block_vit";
  GraphBuilder b;
  const Dim batch = dynamic == DynamicAxes::kNone ? Dim(1) : Dim::symbol("batch");
  const ValueId x = b.input("images", {DType::kFloat32, {batch, 3, 32, 32}});
  const ValueId patches = b.conv(x, w(b, "patch.weight"), w(b, "patch.bias"), {.strides = {8, 8}});
  ValueId t = b.permute(b.merge_axes(patches, 2, 2), {0, 2, 1});
  if (class_token) t = b.concat({b.expand(w(b, "class_token"), {batch, 1, kWidth}), t}, 1);
  t = b.add(t, w(b, "position"));
  for (const std::string block : {"block.0", "block.1"}) {
    b.set_path(block);
    t = b.add(t, self_attention(b, w, block, norm(b, w, block + ".norm1", t)));
    const ValueId hidden = b.unary(Gelu{gelu}, linear(b, w, block + ".fc1", norm(b, w, block + ".norm2", t)));
    t = b.add(t, linear(b, w, block + ".fc2", hidden));
    b.probe(block == "block.0" ? "block0" : "block1", t);
  }
  t = norm(b, w, "norm", t);
  const ValueId token = class_token ? b.slice(t, 1, 0, 1) : b.reduce_mean(t, {1});
  b.output("output0", linear(b, w, "head", b.merge_axes(token, 1, 2)));
  auto graph = std::move(b).finish();
  EXPECT_TRUE(graph) << graph.error().text();
  model.graph = *std::move(graph);
  model.inputs = {{"images", "NCHW", Role::kImage, {}}};
  model.outputs = {{"output0", "NC", Role::kLogits, {}}};
  model.probes = {{"block0", "NTC", Role::kFeatures, {}}, {"block1", "NTC", Role::kFeatures, {}}};
  return model;
}

struct Variant {
  const char* name;
  bool class_token;
  GeluForm gelu;
};

class Transformer : public testing::TestWithParam<Variant> {};

TEST_P(Transformer, ComputesWhatTorchRecorded) {
  const auto [name, class_token, gelu] = GetParam();
  const auto recorded =
      open_checkpoint(std::string(MODELPORT_SOURCE_DIR) + "/tests/fixtures/transformer-" + name + ".ref.safetensors");
  ASSERT_TRUE(recorded);
  const SourceModel model = transformer(Weights(name), class_token, gelu, DynamicAxes::kBatch);
  EvaluatedValue pair = photo_like_input({1, 3, 32, 32}, 3);
  const EvaluatedValue second = photo_like_input({1, 3, 32, 32}, 7);
  pair.floats.insert(pair.floats.end(), second.floats.begin(), second.floats.end());
  pair.shape[0] = 2;
  const auto result = evaluate({model.graph, {pair}, {{"batch", 2}}});
  ASSERT_TRUE(result) << result.error().text();
  size_t compared = 0;
  for (const NamedTensor& tensor : list_tensors(recorded->root)) {
    const EvaluatedValue* actual = tensor.name == "pair.logits"   ? &result->outputs[0]
                                   : tensor.name == "pair.block0" ? &result->probes[0]
                                   : tensor.name == "pair.block1" ? &result->probes[1]
                                                                  : nullptr;
    if (actual == nullptr) continue;
    const std::vector<double> expected = tensor.tensor.to_doubles();
    ASSERT_EQ(actual->floats.size(), expected.size()) << tensor.name;
    for (size_t i = 0; i < expected.size(); ++i)
      ASSERT_NEAR(actual->floats[i], expected[i], 1e-5) << tensor.name << " at " << i;
    ++compared;
  }
  EXPECT_EQ(compared, 3u);
}

TEST_P(Transformer, IsWrittenAndProvenAtEveryKindOfOpset) {
  const auto [name, class_token, gelu] = GetParam();
  set_log_level(LogLevel::kError);
  const FormatRow& row = *find_format("onnx");
  const WrittenFormat written(*row.format);
  for (const DynamicAxes dynamic : {DynamicAxes::kNone, DynamicAxes::kBatch}) {
    const SourceModel model = transformer(Weights(name), class_token, gelu, dynamic);
    for (const int64_t opset : {13, 17, 18, 20, 21}) {
      SCOPED_TRACE(opset);
      ExportOptions options;
      options.format = onnx::OnnxOptions{.opset_version = opset};
      const auto prepared = prepare(model, options, *row.format);
      ASSERT_TRUE(prepared) << prepared.error().text();
      const Graph& graph = prepared->model.graph;
      const auto lowered = row.format->lower(model, graph, options.format);
      ASSERT_TRUE(lowered) << lowered.error().text();
      ASSERT_TRUE(written.write(**lowered));
      const auto level = choose_validation(row, std::nullopt, Precision{});
      ASSERT_TRUE(level);
      ReferenceOutputs reference(model);
      const auto proof = prove({model, reference, graph, **lowered, row, written.path()}, *level);
      ASSERT_TRUE(proof) << proof.error().text();
      EXPECT_GE(proof->checks.size(), 2u);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Variants, Transformer,
                         testing::Values(Variant{"class-erf", true, GeluForm::kErf},
                                         Variant{"mean-tanh", false, GeluForm::kTanh}),
                         [](const auto& variant) {
                           return std::string(variant.param.class_token ? "ClassTokenErf" : "MeanTanh");
                         });

}  // namespace
}  // namespace modelport
