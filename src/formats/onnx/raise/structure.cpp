#include <algorithm>
#include <limits>

#include "formats/onnx/raise/selection.h"
#include "graph/exact_quotient.h"

namespace modelport::onnx {

namespace {

std::vector<int64_t> constants(const std::vector<Dim>& sizes) {
  std::vector<int64_t> out;
  for (const Dim& size : sizes) out.push_back(size.constant().value_or(std::numeric_limits<int64_t>::min()));
  return out;
}

}  // namespace

template <>
Status raise<OnnxOpType::kIdentity>(Raising& from) {
  TRY(x, from.value(0));
  from.define(0, x);
  return {};
}

template <>
Status raise<OnnxOpType::kShape>(Raising& from) {
  TRY(x, from.value(0));
  from.define_sizes(0, from.builder().shape(x));
  return {};
}

template <>
Status raise<OnnxOpType::kConcat>(Raising& from) {
  std::vector<Dim> list;
  size_t lists = 0;
  for (size_t i = 0; i < from.node().inputs.size(); ++i) {
    if (const auto part = from.sizes(i)) {
      list.insert(list.end(), part->begin(), part->end());
      ++lists;
    }
  }
  if (lists == from.node().inputs.size()) {
    from.define_sizes(0, std::move(list));
    return {};
  }
  std::vector<ValueId> parts;
  for (size_t i = 0; i < from.node().inputs.size(); ++i) {
    TRY(part, from.value(i));
    parts.push_back(part);
  }
  TRY(axis, from.axis_attribute("axis", 0, from.builder().shape(parts[0]).size()));
  from.define(0, from.builder().concat(std::move(parts), axis));
  return {};
}

template <>
Status raise<OnnxOpType::kGather>(Raising& from) {
  TRY(of_selection, raise_gather_of_selection(from));
  if (of_selection) return {};
  const auto list = from.sizes(0), indices = from.sizes(1);
  if (list && indices) {
    std::vector<Dim> picked;
    for (const int64_t index : constants(*indices)) {
      const int64_t at = index < 0 ? index + static_cast<int64_t>(list->size()) : index;
      if (at < 0 || at >= static_cast<int64_t>(list->size()))
        return from.unsupported("an index is outside the list of sizes");
      picked.push_back((*list)[static_cast<size_t>(at)]);
    }
    from.define_sizes(0, std::move(picked));
    return {};
  }
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
  from.define_sizes(0, *list);
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
  const SymbolicShape in = from.builder().shape(x);
  std::optional<size_t> open;
  Dim known(1);
  for (size_t axis = 0; axis < target.size(); ++axis) {
    if (target[axis] == Dim(0)) {
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
    if (!rest)
      return from.unsupported(
          fmt::format("the open size of {} elements in parts of {} is not known", product(in).text(), known.text()));
    target[*open] = *rest;
  }
  from.define(0, from.builder().reshape(x, std::move(target)));
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
  const int64_t axis = constants(axes)[0];
  if (axis < 0 || axis >= static_cast<int64_t>(shape.size())) return from.unsupported("the axis is outside the value");
  const bool to_the_end = ends[0] == Dim(std::numeric_limits<int64_t>::max());
  from.define(0, from.builder().slice(x, axis, starts[0], to_the_end ? shape[static_cast<size_t>(axis)] : ends[0]));
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
