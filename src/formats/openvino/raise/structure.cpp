#include <algorithm>

#include "formats/openvino/layout.h"
#include "formats/openvino/raise/raising.h"

namespace modelport::openvino {

namespace {

/// The sizes that rt_info's modelport/inputN gives, "" where it has none.
std::string declared_sizes(const OpenvinoModel& model, size_t input) {
  for (const OpenvinoInfo& info : model.info) {
    if (info.name != "modelport") continue;
    for (const OpenvinoInfo& child : info.children) {
      if (child.name == fmt::format("input{}", input)) return child.value;
    }
  }
  return "";
}

/// "[batch, 3, 32*height/32]" as sizes.
Result<SymbolicShape> parse_sizes(std::string_view text) {
  if (!text.starts_with('[') || !text.ends_with(']'))
    return fail(ErrorCode::kDamaged, "'{}' is no list of sizes", text);
  text = text.substr(1, text.size() - 2);
  SymbolicShape sizes;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(", "), text.size());
    TRY(size, parse_dim(text.substr(0, comma)));
    sizes.push_back(std::move(size));
    text.remove_prefix(std::min(comma + 2, text.size()));
  }
  return sizes;
}

}  // namespace

template <>
Status raise<OpenvinoOpType::kParameter>(Raising& from) {
  const OpenvinoLayer& layer = from.layer();
  if (layer.outputs.size() != 1) return from.unsupported("it does not have one output");
  const OpenvinoType& declared = layer.outputs[0].type;
  ValueType type{declared.dtype, symbolic(declared.shape)};
  const size_t position = from.builder().graph().inputs.size();
  const std::string sizes = declared_sizes(from.model(), position);
  for (size_t axis = 0; axis < type.shape.size(); ++axis) {
    if (declared.shape[axis] == layout::kVaryingSize)
      type.shape[axis] = Dim::symbol(fmt::format("{}_axis{}", layer.name, axis));
  }
  if (!sizes.empty()) {
    TRY(given, parse_sizes(sizes).in("rt_info"));
    if (given.size() != type.shape.size())
      return fail(ErrorCode::kDamaged, "rt_info gives {} as its sizes", sizes).in(layer.name);
    type.shape = std::move(given);
  }
  from.define(
      0, from.builder().input(value_name(from.model(), {static_cast<uint32_t>(&layer - from.model().layers.data()), 0}),
                              std::move(type)));
  return {};
}

template <>
Status raise<OpenvinoOpType::kConst>(Raising& from) {
  from.define_constant();
  return {};
}

template <>
Status raise<OpenvinoOpType::kResult>(Raising& from) {
  TRY(x, from.value(0));
  from.builder().output(value_name(from.model(), from.layer().inputs[0]), x);
  return {};
}

template <>
Status raise<OpenvinoOpType::kShapeOf>(Raising& from) {
  TRY(x, from.value(0));
  from.define_sizes(from.builder().shape(x));
  return {};
}

template <>
Status raise<OpenvinoOpType::kConcat>(Raising& from) {
  if (raise_concat_of_sizes(from)) return {};
  TRY(parts, from.values(from.input_count()));
  TRY(axis, from.axis_attribute("axis", from.builder().shape(parts[0]).size()));
  from.define(0, from.builder().concat(std::move(parts), axis));
  return {};
}

template <>
Status raise<OpenvinoOpType::kGather>(Raising& from) {
  if (from.kept_boxes(0) != nullptr) {
    TRY(of_boxes, from.integer(2, "the axis"));
    return raise_columns_of_kept_boxes(from, of_boxes);
  }
  if (from.text_attribute("batch_dims", "0") != "0") return from.unsupported("batch_dims is not read");
  TRY(of_sizes, raise_gather_of_sizes(from));
  if (of_sizes) return {};
  TRY(x, from.value(0));
  TRY(at, from.value(1));
  TRY(axis, from.axis(2, from.builder().shape(x).size()));
  from.define(0, from.builder().gather(x, at, axis));
  return {};
}

template <>
Status raise<OpenvinoOpType::kSqueeze>(Raising& from) {
  const auto list = from.sizes(0);
  if (!list || list->size() != 1) return from.unsupported("it is only read on one size");
  from.define_sizes(*list);
  return {};
}

template <>
Status raise<OpenvinoOpType::kRange>(Raising& from) {
  TRY(start, from.integer(0, "start"));
  TRY(stop, from.one_size(1, "stop"));
  TRY(step, from.integer(2, "step"));
  const auto dtype = layout::dtype_of_attribute(from.text_attribute("output_type", ""));
  if (start != 0 || step != 1 || !dtype) return from.unsupported("only 0, 1, 2 ... up to a size is read");
  from.define(0, from.builder().range(stop, *dtype));
  return {};
}

template <>
Status raise<OpenvinoOpType::kReshape>(Raising& from) {
  TRY(x, from.value(0));
  TRY(target, from.required_sizes(1, "the new sizes"));
  const ZeroSize zero = from.flag("special_zero", "false") ? ZeroSize::kCopiesTheAxis : ZeroSize::kIsZero;
  TRY(shape, reshaped_shape(from, from.builder().shape(x), std::move(target), zero));
  from.define(0, from.builder().reshape(x, std::move(shape)));
  return {};
}

template <>
Status raise<OpenvinoOpType::kBroadcast>(Raising& from) {
  const std::string mode = from.text_attribute("mode", "numpy");
  if (mode != "numpy" && mode != "bidirectional") return from.unsupported(fmt::format("mode {} is not read", mode));
  TRY(x, from.value(0));
  TRY(out, from.required_sizes(1, "the new sizes"));
  const SymbolicShape in = from.builder().shape(x);
  while (mode == "bidirectional" && out.size() < in.size()) out.insert(out.begin(), Dim(1));
  if (out.size() < in.size()) return from.unsupported("it takes away axes");
  const size_t added = out.size() - in.size();
  for (size_t axis = 0; axis < in.size(); ++axis) {
    if (mode == "bidirectional" && out[added + axis] == Dim(1)) out[added + axis] = in[axis];
  }
  from.define(0, from.builder().expand(x, std::move(out)));
  return {};
}

template <>
Status raise<OpenvinoOpType::kSlice>(Raising& from) {
  TRY(x, from.value(0));
  TRY(start, from.one_size(1, "start"));
  TRY(stop, from.one_size(2, "stop"));
  TRY(step, from.integer(3, "step"));
  const SymbolicShape shape = from.builder().shape(x);
  TRY(axis, from.axis(4, shape.size()));
  if (step != 1) return from.unsupported("only steps of 1 are read");
  from.define(0, from.builder().slice(x, axis, start, slice_end(stop, shape[static_cast<size_t>(axis)])));
  return {};
}

template <>
Status raise<OpenvinoOpType::kVariadicSplit>(Raising& from) {
  TRY(x, from.value(0));
  TRY(axis, from.axis(1, from.builder().shape(x).size()));
  TRY(sizes, from.required_sizes(2, "the parts' sizes"));
  if (sizes.size() != from.layer().outputs.size()) return from.unsupported("there are not as many outputs as sizes");
  const std::vector<ValueId> parts = from.builder().split(x, axis, std::move(sizes));
  for (size_t i = 0; i < parts.size(); ++i) from.define(i, parts[i]);
  return {};
}

template <>
Status raise<OpenvinoOpType::kTranspose>(Raising& from) {
  TRY(x, from.value(0));
  TRY(order, from.integers(1, "the order"));
  from.define(0, from.builder().permute(x, std::move(order)));
  return {};
}

}  // namespace modelport::openvino
