#include <algorithm>

#include "ops/rewriter.h"
#include "passes/pass.h"

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

/// Puts what a consumer would do to pixels into the graph: the input becomes uint8 [N, H, W, C], and layout, order of
/// the channels, /255, mean and standard deviation follow inside. The request says in which order the channels come.
/// Resizing stays the consumer's. kInvalidArgument for BGR pixels of a model that does not take three channels.
Result<Graph> embed_preprocessing(const Graph& graph, PassContext& context) {
  SourceModel& model = context.model;
  const ImageInput input = context.request.image_input;
  Preprocessing& steps = model.facts.preprocessing;
  const bool reversed = (input == ImageInput::kBgrPixels) != (steps.color_space == ColorSpace::kBgr);
  if (input == ImageInput::kBgrPixels && model.facts.channels != 3) {
    return fail(ErrorCode::kInvalidArgument,
                "export_config.embed_preprocessing is \"bgr\", and the model takes {} channels", model.facts.channels);
  }
  const NamedValue image = graph.inputs.at(image_position(model));
  std::vector<ValueType> types;
  for (const NamedValue& each : graph.inputs) types.push_back(graph[each.value].type);
  const SymbolicShape& shape = graph[image.value].type.shape;
  types[image_position(model)] = {DType::kUInt8, {shape[0], shape[2], shape[3], shape[1]}};
  Rewriter rewriter(graph, types);
  GraphBuilder& b = rewriter.builder();
  b.set_path("preprocessing");
  // Pixels, their order and 1/255 are exact or nearly so in float32 only.
  b.set_numerics(Numerics::kFloat32);
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
  rewriter.replace(image.value, x);
  model.inputs[image_position(model)].layout = "NHWC";
  steps.embedded = true;
  if (model.facts.channels == 3)
    steps.color_space = input == ImageInput::kBgrPixels ? ColorSpace::kBgr : ColorSpace::kRgb;
  return rewriter.run([](NodeId) { return Rewriter::Action::kCopy; });
}

}  // namespace modelport
