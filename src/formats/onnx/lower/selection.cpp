#include "formats/onnx/layout.h"
#include "formats/onnx/lower/lowering.h"

namespace modelport::onnx {

/// ONNX gives the kept boxes as rows (image, class, box), as many as there are: ones are put where they say, into zeros
/// of the scores' shape. There is one class, number 0, so that its column plus 1 is as many ones as needed.
template <>
Status emit<NonMaxSuppression>(const Node& node, Lowering& to) {
  const auto& nms = std::get<NonMaxSuppression>(node.op);
  const SymbolicShape& shape = to.shape(node.inputs[1]);
  const DType dtype = to.type(node.inputs[0]).dtype;
  TRY(with_class, to.sizes().list({shape[0], Dim(1), shape[1]}));
  TRY(mask_sizes, to.sizes().list(shape));
  const std::string scores = to.inner(OnnxOpType::kReshape, {to.name(node.inputs[1]), with_class});
  const std::string rows =
      to.inner(OnnxOpType::kNonMaxSuppression,
               {to.name(node.inputs[0]), scores, to.int64s({nms.max_output}),
                to.scalar(nms.iou_threshold, DType::kFloat32), to.scalar(nms.score_threshold, DType::kFloat32)});
  const std::string places = to.inner(OnnxOpType::kGather, {rows, to.int64s({0, 2})}, {{"axis", int64_t{1}}});
  const std::string classes =
      to.inner(OnnxOpType::kGather, {rows, to.scalar(1, DType::kInt64)}, {{"axis", int64_t{1}}});
  const auto code = static_cast<int64_t>(layout::data_type_code(dtype));
  const std::string zeros = to.inner(OnnxOpType::kCast, {classes}, {{"to", code}});
  const std::string ones = to.inner(OnnxOpType::kAdd, {zeros, to.scalar(1, dtype)});
  const std::string nothing = to.inner(OnnxOpType::kExpand, {to.scalar(0, dtype), mask_sizes});
  to.node(node, OnnxOpType::kScatterND, {nothing, places, ones});
  return {};
}

}  // namespace modelport::onnx
