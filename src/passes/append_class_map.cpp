#include "ops/graph_builder.h"
#include "passes/pass.h"

namespace modelport {

namespace {

constexpr int64_t kMostInByte = 256;

}  // namespace

/// Whether the first output is logits of every pixel, [N, classes, H, W].
bool has_pixel_logits(const PassContext& context) {
  const SourceModel& model = context.model;
  const IoSpec& first = model.outputs.at(0);
  return model.facts.class_map && first.role == Role::kLogits && first.layout == "NCHW";
}

/// The output becomes [N, H, W], the number of the largest logit (of equals the first), for one class alone 1 where it
/// is above 0; uint8, or int32 where there are more than 256 classes.
Result<Graph> append_class_map(const Graph& graph, PassContext& context) {
  SourceModel& model = context.model;
  GraphBuilder b(graph);
  b.set_path("class map");
  const ValueId logits = b.graph().outputs[0].value;
  const auto classes = b.dim(logits, 1).constant();
  if (!classes) return fail(ErrorCode::kInternal, "the number of classes varies");
  const DType dtype = *classes <= kMostInByte ? DType::kUInt8 : DType::kInt32;
  const ValueId numbers = *classes == 1 ? b.where(b.less(b.scalar(0.0), logits), b.scalar(1.0), b.scalar(0.0))
                                        : b.topk(logits, 1, 1).indices;
  b.output(model.outputs[0].name, b.cast(b.merge_axes(numbers, 1, 2), dtype));
  model.outputs[0] = {.name = model.outputs[0].name, .layout = "NHW", .role = Role::kClassNumbers, .groups = {}};
  model.facts.class_map = "argmax taken: the class number of every pixel of the input";
  return std::move(b).finish();
}

}  // namespace modelport
