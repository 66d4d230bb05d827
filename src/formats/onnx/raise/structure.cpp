#include "formats/onnx/raise/raising.h"

namespace modelport::onnx {

template <>
Status raise<OnnxOpType::kIdentity>(Raising& from) {
  TRY(x, from.value(0));
  from.define(0, x);
  return {};
}

template <>
Status raise<OnnxOpType::kShape>(Raising& from) {
  TRY(x, from.value(0));
  from.define_sizes(from.builder().shape(x));
  return {};
}

template <>
Status raise<OnnxOpType::kConcat>(Raising& from) {
  if (raise_concat_of_sizes(from)) return {};
  TRY(parts, from.values(from.input_count()));
  TRY(axis, from.axis_attribute("axis", 0, from.builder().shape(parts[0]).size()));
  from.define(0, from.builder().concat(std::move(parts), axis));
  return {};
}

template <>
Status raise<OnnxOpType::kGather>(Raising& from) {
  if (from.kept_boxes(0) != nullptr) return raise_columns_of_kept_boxes(from, from.int_attribute("axis", 0));
  TRY(of_sizes, raise_gather_of_sizes(from));
  if (of_sizes) return {};
  TRY(x, from.value(0));
  TRY(at, from.value(1));
  TRY(axis, from.axis_attribute("axis", 0, from.builder().shape(x).size()));
  from.define(0, from.builder().gather(x, at, axis));
  return {};
}

template <>
Status raise<OnnxOpType::kGatherElements>(Raising& from) {
  TRY(x, from.value(0));
  TRY(indices, from.value(1));
  TRY(axis, from.axis_attribute("axis", 0, from.builder().shape(x).size()));
  from.define(0, from.builder().gather_elements(x, indices, axis));
  return {};
}

template <>
Status raise<OnnxOpType::kSqueeze>(Raising& from) {
  const auto list = from.sizes(0);
  if (!list || list->size() != 1) return from.unsupported("it is only read on one size");
  from.define_sizes(*list);
  return {};
}

template <>
Status raise<OnnxOpType::kRange>(Raising& from) {
  const auto start = from.sizes(0), limit = from.sizes(1), step = from.sizes(2);
  if (!start || !limit || !step || start->size() != 1 || limit->size() != 1 || step->size() != 1 ||
      !((*start)[0] == Dim(0)) || !((*step)[0] == Dim(1))) {
    return from.unsupported("only 0, 1, 2 ... up to a size is read");
  }
  from.define(0, from.builder().range((*limit)[0], DType::kInt64));
  return {};
}

template <>
Status raise<OnnxOpType::kReshape>(Raising& from) {
  if (from.int_attribute("allowzero", 0) != 0) return from.unsupported("allowzero is not read");
  TRY(x, from.value(0));
  TRY(target, from.required_sizes(1, "the new sizes"));
  TRY(shape, reshaped_shape(from, from.builder().shape(x), std::move(target), ZeroSize::kCopiesTheAxis));
  from.define(0, from.builder().reshape(x, std::move(shape)));
  return {};
}

template <>
Status raise<OnnxOpType::kExpand>(Raising& from) {
  TRY(x, from.value(0));
  TRY(target, from.required_sizes(1, "the new sizes"));
  const SymbolicShape in = from.builder().shape(x);
  SymbolicShape out = target;
  while (out.size() < in.size()) out.insert(out.begin(), Dim(1));
  const size_t added = out.size() - in.size();
  for (size_t axis = 0; axis < in.size(); ++axis) {
    if (out[added + axis] == Dim(1)) out[added + axis] = in[axis];
  }
  from.define(0, from.builder().expand(x, std::move(out)));
  return {};
}

template <>
Status raise<OnnxOpType::kSlice>(Raising& from) {
  TRY(x, from.value(0));
  TRY(starts, from.required_sizes(1, "starts"));
  TRY(ends, from.required_sizes(2, "ends"));
  TRY(axes, from.required_sizes(3, "axes"));
  if (starts.size() != 1 || ends.size() != 1 || axes.size() != 1 || from.has_input(4))
    return from.unsupported("only one axis in steps of 1 is read");
  const SymbolicShape& shape = from.builder().shape(x);
  TRY(axis, from.integer(3, "axes"));
  if (axis < 0 || axis >= static_cast<int64_t>(shape.size())) return from.unsupported("the axis is outside the value");
  const Dim end = slice_end(ends[0], shape[static_cast<size_t>(axis)]);
  from.define(0, from.builder().slice(x, axis, starts[0], end));
  return {};
}

template <>
Status raise<OnnxOpType::kTranspose>(Raising& from) {
  TRY(x, from.value(0));
  const auto permutation = from.ints_attribute("perm");
  if (!permutation) return from.unsupported("perm is missing");
  from.define(0, from.builder().permute(x, *permutation));
  return {};
}

}  // namespace modelport::onnx
