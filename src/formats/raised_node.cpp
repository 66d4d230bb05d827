#include "formats/raised_node.h"

#include <limits>

#include "graph/exact_quotient.h"

namespace modelport {

namespace {

/// Longer constants of integers are data, not sizes.
constexpr int64_t kMaxSizes = 64;

}  // namespace

void RaisedValue::set_constant(const WeightRecipe& data) {
  constant = &data;
  const bool integers = data.dtype() == DType::kInt64 || data.dtype() == DType::kInt32;
  if (!integers || data.shape().size() > 1 || data.element_count() > kMaxSizes) return;
  sizes.emplace();
  for (const int64_t size : data.to_int64s()) sizes->emplace_back(size);
}

Result<std::vector<ValueId>> RaisedNode::values(size_t count) {
  std::vector<ValueId> all;
  for (size_t i = 0; i < count; ++i) {
    TRY(each, value(i));
    all.push_back(each);
  }
  return all;
}

std::optional<std::vector<Dim>> RaisedNode::sizes(size_t index) const {
  const RaisedValue* its = input(index);
  return its == nullptr ? std::nullopt : its->sizes;
}

Result<std::vector<Dim>> RaisedNode::required_sizes(size_t index, std::string_view what) const {
  auto list = sizes(index);
  if (!list) return unsupported(fmt::format("{} are not known before it runs", what));
  return *std::move(list);
}

Result<std::vector<int64_t>> RaisedNode::integers(size_t index, std::string_view what) const {
  TRY(list, required_sizes(index, what));
  std::vector<int64_t> out;
  for (const Dim& each : list) {
    const auto constant = each.constant();
    if (!constant) return unsupported(fmt::format("{} are not constant", what));
    out.push_back(*constant);
  }
  return out;
}

Result<int64_t> RaisedNode::integer(size_t index, std::string_view what) const {
  TRY(list, integers(index, what));
  if (list.size() != 1) return unsupported(fmt::format("{} is not one number", what));
  return list[0];
}

Result<Dim> RaisedNode::one_size(size_t index, std::string_view what) const {
  TRY(list, required_sizes(index, what));
  if (list.size() != 1) return unsupported(fmt::format("{} is not one number", what));
  return list[0];
}

Result<std::vector<double>> RaisedNode::constant_floats(size_t index, std::string_view what) const {
  const RaisedValue* its = input(index);
  if (its == nullptr || its->constant == nullptr || !is_float(its->constant->dtype()))
    return unsupported(fmt::format("{} is not a constant of floats", what));
  return its->constant->to_doubles();
}

const KeptBoxes* RaisedNode::kept_boxes(size_t index) const {
  const RaisedValue* its = input(index);
  return its != nullptr && its->kept_boxes ? &*its->kept_boxes : nullptr;
}

Result<int64_t> RaisedNode::axis_of(int64_t axis, size_t rank, std::string_view what) const {
  const auto size = static_cast<int64_t>(rank);
  if (axis < -size || axis >= size)
    return unsupported(fmt::format("{} {} is outside a value of rank {}", what, axis, rank));
  return axis < 0 ? axis + size : axis;
}

std::optional<std::vector<Dim>> on_sizes(const RaisedNode& from, Dim (*f)(const Dim&, const Dim&)) {
  const auto a = from.sizes(0), b = from.sizes(1);
  if (!a || !b || a->empty() || b->empty() || (a->size() != b->size() && a->size() != 1 && b->size() != 1))
    return std::nullopt;
  std::vector<Dim> out;
  for (size_t i = 0; i < std::max(a->size(), b->size()); ++i)
    out.push_back(f((*a)[a->size() == 1 ? 0 : i], (*b)[b->size() == 1 ? 0 : i]));
  return out;
}

Status raise_on_sizes_only(RaisedNode& from, Dim (*f)(const Dim&, const Dim&)) {
  auto sizes = on_sizes(from, f);
  if (!sizes) return from.unsupported("it is only read on sizes");
  from.define_sizes(*std::move(sizes));
  return {};
}

bool raise_concat_of_sizes(RaisedNode& from) {
  std::vector<Dim> all;
  for (size_t i = 0; i < from.input_count(); ++i) {
    const auto part = from.sizes(i);
    if (!part) return false;
    all.insert(all.end(), part->begin(), part->end());
  }
  from.define_sizes(std::move(all));
  return true;
}

Result<bool> raise_gather_of_sizes(RaisedNode& from) {
  const auto list = from.sizes(0);
  if (!list || !from.sizes(1)) return false;
  TRY(indices, from.integers(1, "indices"));
  std::vector<Dim> picked;
  for (const int64_t index : indices) {
    const int64_t at = index < 0 ? index + static_cast<int64_t>(list->size()) : index;
    if (at < 0 || at >= static_cast<int64_t>(list->size()))
      return from.unsupported("an index is outside the list of sizes");
    picked.push_back((*list)[static_cast<size_t>(at)]);
  }
  from.define_sizes(std::move(picked));
  return true;
}

Result<SymbolicShape> reshaped_shape(const RaisedNode& from, const SymbolicShape& in, std::vector<Dim> target,
                                     ZeroSize zero) {
  std::optional<size_t> open;
  Dim known(1);
  for (size_t axis = 0; axis < target.size(); ++axis) {
    if (zero == ZeroSize::kCopiesTheAxis && target[axis] == Dim(0)) {
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
  if (!open) return target;
  const auto rest = exact_quotient(product(in), known);
  if (!rest) {
    return from.unsupported(
        fmt::format("the open size of {} elements in parts of {} is not known", product(in).text(), known.text()));
  }
  target[*open] = *rest;
  return target;
}

Dim slice_end(const Dim& end, const Dim& size) { return end == Dim(std::numeric_limits<int64_t>::max()) ? size : end; }

}  // namespace modelport
