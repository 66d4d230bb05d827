#include "passes/append_class_map.h"

#include "ops/graph_builder.h"

namespace modelport {

namespace {

constexpr int64_t kMostInByte = 256;

}  // namespace

bool has_pixel_logits(const SourceModel& model) {
  const IoSpec& first = model.outputs.at(0);
  return model.facts.class_map && first.role == Role::kLogits && first.layout == "NCHW";
}

Status append_class_map(SourceModel& model) {
  GraphBuilder b(std::move(model.graph));
  b.set_path("class map");
  const ValueId logits = b.graph().outputs[0].value;
  const auto classes = b.dim(logits, 1).constant();
  if (!classes) return fail(ErrorCode::kInternal, "the number of classes varies");
  const DType dtype = *classes <= kMostInByte ? DType::kUInt8 : DType::kInt32;
  const ValueId numbers = *classes == 1 ? b.where(b.less(b.scalar(0.0), logits), b.scalar(1.0), b.scalar(0.0))
                                        : b.topk(logits, 1, 1).indices;
  b.output(model.outputs[0].name, b.cast(b.merge_axes(numbers, 1, 2), dtype));
  TRY(graph, std::move(b).finish());
  model.graph = std::move(graph);
  model.outputs[0] = {.name = model.outputs[0].name, .layout = "NHW", .role = Role::kClassNumbers, .groups = {}};
  model.facts.class_map = "argmax taken: the class number of every pixel of the input";
  return {};
}

}  // namespace modelport
