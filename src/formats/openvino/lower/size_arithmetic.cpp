#include "formats/openvino/lower/size_arithmetic.h"

#include <fmt/format.h>

#include "formats/openvino/lower/lowering.h"

namespace modelport::openvino {

namespace {

OpenvinoType sizes_type(int64_t count) { return {DType::kInt64, {count}}; }

/// c where the dim is c * symbol, c >= 1; nothing otherwise.
std::optional<int64_t> factor_of(const Dim& dim, const std::string& symbol) {
  if (dim.terms().size() != 1) return std::nullopt;
  const Dim::Term& term = dim.terms()[0];
  const bool is_symbol = term.atoms.size() == 1 && term.atoms[0]->kind == Dim::Atom::Kind::kSymbol;
  if (!is_symbol || term.coefficient < 1 || term.atoms[0]->name != symbol) return std::nullopt;
  return term.coefficient;
}

}  // namespace

OpenvinoSource SizeArithmetic::arithmetic(OpenvinoOpType type, OpenvinoSource a, OpenvinoSource b) {
  return to_.inner(type, {a, b}, sizes_type(1), {{"auto_broadcast", "numpy"}});
}

OpenvinoSource SizeArithmetic::input_axis(size_t input, size_t axis) {
  const NamedValue& source = to_.graph().inputs[input];
  const std::string text = to_.shape(source.value)[axis].text();
  if (const auto found = known_.find(text); found != known_.end()) return found->second;
  const std::string key = "shape of " + source.name;
  if (!known_.contains(key)) {
    const auto rank = static_cast<int64_t>(to_.shape(source.value).size());
    known_[key] =
        to_.inner(OpenvinoOpType::kShapeOf, {to_.value(source.value)}, sizes_type(rank), {{"output_type", "i64"}});
  }
  const OpenvinoSource at = to_.int64s({static_cast<int64_t>(axis)});
  return known_[text] = to_.inner(OpenvinoOpType::kGather, {known_[key], at, to_.scalar(0, DType::kInt64)},
                                  sizes_type(1), {{"batch_dims", "0"}});
}

Result<OpenvinoSource> SizeArithmetic::symbol(const Dim::Atom& atom) {
  for (size_t input = 0; input < to_.graph().inputs.size(); ++input) {
    const SymbolicShape& shape = to_.shape(to_.graph().inputs[input].value);
    for (size_t axis = 0; axis < shape.size(); ++axis) {
      const auto factor = factor_of(shape[axis], atom.name);
      if (!factor) continue;
      const OpenvinoSource size = input_axis(input, axis);
      if (*factor == 1) return size;
      return to_.inner(OpenvinoOpType::kDivide, {size, to_.int64s({*factor})}, sizes_type(1),
                       {{"auto_broadcast", "numpy"}, {"m_pythondiv", "true"}});
    }
  }
  return fail(ErrorCode::kInternal, "the size '{}' is not the size of any input's axis", atom.name);
}

Result<OpenvinoSource> SizeArithmetic::atom(const Dim::Atom& atom) {
  if (const auto found = known_.find(atom.text); found != known_.end()) return found->second;
  OpenvinoSource value;
  switch (atom.kind) {
    case Dim::Atom::Kind::kSymbol: {
      TRY(size, symbol(atom));
      value = size;
      break;
    }
    case Dim::Atom::Kind::kFloorDiv: {
      TRY(dividend, size(atom.operands[0]));
      value = to_.inner(OpenvinoOpType::kDivide, {dividend, to_.int64s({atom.divisor})}, sizes_type(1),
                        {{"auto_broadcast", "numpy"}, {"m_pythondiv", "true"}});
      break;
    }
    case Dim::Atom::Kind::kMin:
    case Dim::Atom::Kind::kMax: {
      TRY(a, size(atom.operands[0]));
      TRY(b, size(atom.operands[1]));
      value =
          arithmetic(atom.kind == Dim::Atom::Kind::kMin ? OpenvinoOpType::kMinimum : OpenvinoOpType::kMaximum, a, b);
      break;
    }
  }
  return known_[atom.text] = value;
}

Result<OpenvinoSource> SizeArithmetic::product(const Dim::Term& term) {
  std::string key;
  std::optional<OpenvinoSource> value;
  for (const auto& factor : term.atoms) {
    TRY(next, atom(*factor));
    key += (key.empty() ? "" : "*") + factor->text;
    if (!value) {
      value = next;
      continue;
    }
    if (!known_.contains(key)) known_[key] = arithmetic(OpenvinoOpType::kMultiply, *value, next);
    value = known_[key];
  }
  if (!value) return to_.int64s({term.coefficient});
  if (term.coefficient == 1) return *value;
  return arithmetic(OpenvinoOpType::kMultiply, *value, to_.int64s({term.coefficient}));
}

Result<OpenvinoSource> SizeArithmetic::sum(const Dim& dim) {
  std::optional<OpenvinoSource> total;
  for (const Dim::Term& term : dim.terms()) {
    TRY(value, product(term));
    total = total ? arithmetic(OpenvinoOpType::kAdd, *total, value) : value;
  }
  return *total;
}

std::optional<OpenvinoSource> SizeArithmetic::declared(const Dim& dim) {
  for (size_t input = 0; input < to_.graph().inputs.size(); ++input) {
    const SymbolicShape& shape = to_.shape(to_.graph().inputs[input].value);
    for (size_t axis = 0; axis < shape.size(); ++axis) {
      if (shape[axis].text() == dim.text()) return input_axis(input, axis);
    }
  }
  return std::nullopt;
}

Result<OpenvinoSource> SizeArithmetic::size(const Dim& dim) {
  if (const auto constant = dim.constant()) return to_.int64s({*constant});
  const std::string text = dim.text();
  if (const auto found = known_.find(text); found != known_.end()) return found->second;
  const std::string outer = to_.set_path("sizes");
  const auto of_input = declared(dim);
  Result<OpenvinoSource> value = of_input ? Result<OpenvinoSource>(*of_input) : sum(dim);
  to_.set_path(outer);
  if (value) known_[text] = *value;
  return value;
}

Result<OpenvinoSource> SizeArithmetic::scalar(const Dim& dim) {
  if (const auto constant = dim.constant()) return to_.scalar(static_cast<double>(*constant), DType::kInt64);
  TRY(list, size(dim));
  const std::string key = "scalar " + dim.text();
  if (!known_.contains(key))
    known_[key] = to_.inner(OpenvinoOpType::kSqueeze, {list, to_.int64s({0})}, {DType::kInt64, {}});
  return known_[key];
}

Result<OpenvinoSource> SizeArithmetic::list(const std::vector<Dim>& dims) {
  std::vector<OpenvinoSource> parts;
  std::vector<int64_t> constants;
  const auto flush = [&] {
    if (!constants.empty()) parts.push_back(to_.int64s(std::exchange(constants, {})));
  };
  for (const Dim& dim : dims) {
    if (const auto constant = dim.constant()) {
      constants.push_back(*constant);
      continue;
    }
    flush();
    TRY(value, size(dim));
    parts.push_back(value);
  }
  flush();
  if (parts.empty()) return to_.int64s({});
  if (parts.size() == 1) return parts[0];
  std::string key = "list of";
  for (const OpenvinoSource& part : parts) key += fmt::format(" {}.{}", part.layer, part.output);
  if (!known_.contains(key)) {
    known_[key] = to_.inner(OpenvinoOpType::kConcat, std::move(parts), sizes_type(static_cast<int64_t>(dims.size())),
                            {{"axis", "0"}});
  }
  return known_[key];
}

Result<OpenvinoSource> SizeArithmetic::reshape_target(const SymbolicShape& from, const SymbolicShape& to) {
  std::vector<Dim> target = to;
  std::optional<size_t> last_unknown;
  for (size_t axis = 0; axis < to.size(); ++axis) {
    if (to[axis].is_constant()) continue;
    if (axis < from.size() && from[axis] == to[axis]) {
      target[axis] = 0;
    } else {
      last_unknown = axis;
    }
  }
  if (last_unknown) target[*last_unknown] = -1;
  return list(target);
}

}  // namespace modelport::openvino
