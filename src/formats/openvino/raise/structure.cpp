#include <algorithm>
#include <limits>

#include "formats/openvino/layout.h"
#include "formats/openvino/raise/selection.h"
#include "graph/exact_quotient.h"

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
  std::vector<Dim> list;
  size_t lists = 0;
  for (size_t i = 0; i < from.input_count(); ++i) {
    if (const auto part = from.sizes(i)) {
      list.insert(list.end(), part->begin(), part->end());
      ++lists;
    }
  }
  if (lists == from.input_count()) {
    from.define_sizes(std::move(list));
    return {};
  }
  std::vector<ValueId> parts;
  for (size_t i = 0; i < from.input_count(); ++i) {
    TRY(part, from.value(i));
    parts.push_back(part);
  }
  TRY(axis, from.axis_attribute("axis", from.builder().shape(parts[0]).size()));
  from.define(0, from.builder().concat(std::move(parts), axis));
  return {};
}

template <>
Status raise<OpenvinoOpType::kGather>(Raising& from) {
  TRY(done, gather_of_selection(from));
  if (done) return {};
  if (from.text_attribute("batch_dims", "0") != "0") return from.unsupported("batch_dims is not read");
  if (const auto list = from.sizes(0); list && from.sizes(1)) {
    TRY(indices, from.integers(1, "indices"));
    std::vector<Dim> picked;
    for (const int64_t index : indices) {
      const int64_t at = index < 0 ? index + static_cast<int64_t>(list->size()) : index;
      if (at < 0 || at >= static_cast<int64_t>(list->size()))
        return from.unsupported("an index is outside the list of sizes");
      picked.push_back((*list)[static_cast<size_t>(at)]);
    }
    from.define_sizes(std::move(picked));
    return {};
  }
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
  const SymbolicShape in = from.builder().shape(x);
  const bool copies = from.flag("special_zero", "false");
  std::optional<size_t> open;
  Dim known(1);
  for (size_t axis = 0; axis < target.size(); ++axis) {
    if (copies && target[axis] == Dim(0)) {
      if (axis >= in.size()) return from.unsupported("a size is copied from an axis that is not there");
      target[axis] = in[axis];
    }
    if (target[axis] == Dim(-1)) {
      if (open) return from.unsupported("two sizes are left open");
      open = axis;
    } else {
      known = known * target[axis];
    }
  }
  if (open) {
    const auto rest = exact_quotient(product(in), known);
    if (!rest) {
      return from.unsupported(
          fmt::format("the open size of {} elements in parts of {} is not known", product(in).text(), known.text()));
    }
    target[*open] = *rest;
  }
  from.define(0, from.builder().reshape(x, std::move(target)));
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
  const bool to_the_end = stop == Dim(std::numeric_limits<int64_t>::max());
  from.define(0, from.builder().slice(x, axis, start, to_the_end ? shape[static_cast<size_t>(axis)] : stop));
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
