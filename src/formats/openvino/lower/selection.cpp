#include <fmt/format.h>

#include "formats/openvino/layout.h"
#include "formats/openvino/lower/lowering.h"

namespace modelport::openvino {

template <>
Status emit<TopK>(const Node& node, Lowering& to) {
  const auto& top = std::get<TopK>(node.op);
  TRY(k, to.size_scalar(top.k));
  // A stable order of equal values would cost 9.5 ms in place of 0.06 (300 of 8400): which of equals come first is left
  // open.
  to.node(node, OpenvinoOpType::kTopK, {to.value(node.inputs[0]), k},
          {{"axis", fmt::format("{}", top.axis)},
           {"mode", "max"},
           {"sort", "value"},
           {"index_element_type", "i64"},
           {"stable", "false"}});
  return {};
}

template <>
Status emit<GatherElements>(const Node& node, Lowering& to) {
  to.node(node, OpenvinoOpType::kGatherElements, {to.value(node.inputs[0]), to.value(node.inputs[1], "indices")},
          {{"axis", fmt::format("{}", std::get<GatherElements>(node.op).axis)}});
  return {};
}

template <>
Status emit<GridSample>(const Node& node, Lowering& to) {
  to.node(node, OpenvinoOpType::kGridSample, to.values(node.inputs),
          {{"align_corners", "false"}, {"mode", "bilinear"}, {"padding_mode", "zeros"}});
  return {};
}

template <>
Status emit<NonMaxSuppression>(const Node& node, Lowering& to) {
  const auto& nms = std::get<NonMaxSuppression>(node.op);
  const OpenvinoType mask = to.port_type(node.outputs[0]);
  const DType dtype = mask.dtype;
  constexpr int64_t kAnyCount = layout::kVaryingSize;
  // Scores are those of one class: [N, 1, A].
  const SymbolicShape& shape = to.shape(node.inputs[1]);
  TRY(with_class, to.sizes().list(reshape_sizes(shape, {shape[0], Dim(1), shape[1]})));
  const OpenvinoSource scores = to.inner(OpenvinoOpType::kReshape, {to.value(node.inputs[1]), with_class},
                                         {dtype, {mask.shape[0], 1, mask.shape[1]}}, {{"special_zero", "true"}});
  // Rows {image, class, box} of what is kept.
  const OpenvinoSource rows =
      to.inner(OpenvinoOpType::kNonMaxSuppression,
               {to.value(node.inputs[0]), scores, to.scalar(static_cast<double>(nms.max_output), DType::kInt64),
                to.scalar(nms.iou_threshold, DType::kFloat32), to.scalar(nms.score_threshold, DType::kFloat32)},
               {DType::kInt64, {kAnyCount, 3}},
               {{"box_encoding", "corner"}, {"sort_result_descending", "false"}, {"output_type", "i64"}},
               {{DType::kFloat32, {kAnyCount, 3}}, {DType::kInt64, {1}}});
  const OpenvinoSource columns = to.scalar(1, DType::kInt64);
  const OpenvinoSource places = to.inner(OpenvinoOpType::kGather, {rows, to.int64s({0, 2}), columns},
                                         {DType::kInt64, {kAnyCount, 2}}, {{"batch_dims", "0"}});
  const OpenvinoSource classes =
      to.inner(OpenvinoOpType::kGather, {rows, columns, columns}, {DType::kInt64, {kAnyCount}}, {{"batch_dims", "0"}});
  // Of one class only, so these are zeros: as many as there are rows.
  const OpenvinoSource zeros = to.inner(OpenvinoOpType::kConvert, {classes}, {dtype, {kAnyCount}},
                                        {{"destination_type", std::string(layout::element_type(dtype)->attribute)}});
  const OpenvinoSource ones =
      to.inner(OpenvinoOpType::kAdd, {zeros, to.scalar(1, dtype)}, {dtype, {kAnyCount}}, {{"auto_broadcast", "numpy"}});
  TRY(sizes, to.sizes().list(to.shape(node.inputs[1])));
  const OpenvinoSource nothing =
      to.inner(OpenvinoOpType::kBroadcast, {to.scalar(0, dtype), sizes}, mask, {{"mode", "numpy"}});
  to.node(node, OpenvinoOpType::kScatterNDUpdate, {nothing, places, ones});
  return {};
}

}  // namespace modelport::openvino
