#include "passes/embed_preprocessing.h"

#include <algorithm>

#include "ops/rewriter.h"

namespace modelport {

namespace {

/// One number for every channel, or one for each.
ValueId per_channel(GraphBuilder& b, std::vector<float> values) {
  const bool same = std::ranges::all_of(values, [&](float value) { return value == values[0]; });
  if (same) return b.scalar(values[0]);
  const auto count = static_cast<int64_t>(values.size());
  return b.floats({count, 1, 1}, std::move(values));
}

}  // namespace

Status embed_preprocessing(SourceModel& model, ImageInput input) {
  Preprocessing& steps = model.facts.preprocessing;
  const bool reversed = (input == ImageInput::kBgrPixels) != (steps.color_space == ColorSpace::kBgr);
  if (input == ImageInput::kBgrPixels && model.facts.channels != 3) {
    return fail(ErrorCode::kInvalidArgument,
                "export_config.embed_preprocessing is \"bgr\", and the model takes {} channels", model.facts.channels);
  }
  const NamedValue image = model.graph.inputs.at(0);
  const SymbolicShape& shape = model.graph[image.value].type.shape;
  const Graph source = [&] {
    Graph graph = model.graph;
    graph.values[static_cast<size_t>(image.value)].type = {DType::kUInt8, {shape[0], shape[2], shape[3], shape[1]}};
    return graph;
  }();
  Rewriter rewriter(source);
  GraphBuilder& b = rewriter.builder();
  b.set_path("preprocessing");
  // Pixels, their order and 1/255 are exact or nearly so in float32 only.
  const Numerics outer = b.set_numerics(Numerics::kFloat32);
  ValueId x = b.permute(b.cast(rewriter.map(image.value), DType::kFloat32), {0, 3, 1, 2});
  if (reversed) {
    const std::vector<ValueId> planes = b.split(x, 1, {1, 1, 1});
    x = b.concat({planes[2], planes[1], planes[0]}, 1);
  }
  x = b.div(x, b.scalar(255.0));
  const auto is = [](const std::vector<double>& values, double all) {
    return std::ranges::all_of(values, [all](double value) { return value == all; });
  };
  const auto floats = [](const std::vector<double>& values) {
    return std::vector<float>(values.begin(), values.end());
  };
  if (!is(steps.mean, 0.0)) x = b.sub(x, per_channel(b, floats(steps.mean)));
  if (!is(steps.std, 1.0)) x = b.div(x, per_channel(b, floats(steps.std)));
  b.set_numerics(outer);
  rewriter.replace(image.value, x);
  TRY(graph, rewriter.run([](NodeId) { return Rewriter::Action::kCopy; }));
  model.graph = std::move(graph);
  model.inputs[0].layout = "NHWC";
  steps.embedded = true;
  if (model.facts.channels == 3)
    steps.color_space = input == ImageInput::kBgrPixels ? ColorSpace::kBgr : ColorSpace::kRgb;
  return {};
}

}  // namespace modelport
