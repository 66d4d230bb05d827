#include "formats/onnx/raise/raising.h"

namespace modelport::onnx {

template <>
Status raise<OnnxOpType::kNonMaxSuppression>(Raising& from) {
  if (from.int_attribute("center_point_box", 0) != 0) return from.unsupported("center_point_box is not read");
  return raise_suppression(from);
}

template <>
Status raise<OnnxOpType::kScatterND>(Raising& from) {
  if (from.string_attribute("reduction", "none") != "none") return from.unsupported("reductions are not read");
  return raise_scatter_of_kept_boxes(from);
}

}  // namespace modelport::onnx
