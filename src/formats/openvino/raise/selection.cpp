#include "formats/openvino/raise/raising.h"

namespace modelport::openvino {

template <>
Status raise<OpenvinoOpType::kTopK>(Raising& from) {
  if (from.text_attribute("mode", "") != "max" || from.text_attribute("sort", "") != "value" ||
      from.text_attribute("index_element_type", "i32") != "i64") {
    return from.unsupported("only the largest, sorted by value, with i64 indices are read");
  }
  TRY(x, from.value(0));
  TRY(k, from.one_size(1, "k"));
  TRY(axis, from.axis_attribute("axis", from.builder().shape(x).size()));
  const auto [values, indices] = from.builder().topk(x, axis, k);
  from.define(0, values);
  from.define(1, indices);
  return {};
}

template <>
Status raise<OpenvinoOpType::kGatherElements>(Raising& from) {
  TRY(x, from.value(0));
  TRY(indices, from.value(1));
  TRY(axis, from.axis_attribute("axis", from.builder().shape(x).size()));
  from.define(0, from.builder().gather_elements(x, indices, axis));
  return {};
}

template <>
Status raise<OpenvinoOpType::kGridSample>(Raising& from) {
  if (from.flag("align_corners", "false") || from.text_attribute("mode", "bilinear") != "bilinear" ||
      from.text_attribute("padding_mode", "zeros") != "zeros") {
    return from.unsupported("only bilinear samples between outer edges, zero outside, are read");
  }
  TRY(x, from.value(0));
  TRY(grid, from.value(1));
  from.define(0, from.builder().grid_sample(x, grid));
  return {};
}

template <>
Status raise<OpenvinoOpType::kNonMaxSuppression>(Raising& from) {
  if (from.text_attribute("box_encoding", "corner") != "corner" || from.input_count() != 5)
    return from.unsupported("only boxes as corners, and five inputs, are read");
  return raise_suppression(from);
}

template <>
Status raise<OpenvinoOpType::kScatterNDUpdate>(Raising& from) {
  return raise_scatter_of_kept_boxes(from);
}

}  // namespace modelport::openvino
