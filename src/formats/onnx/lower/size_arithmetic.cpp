#include "formats/onnx/lower/size_arithmetic.h"

#include <fmt/format.h>

#include "formats/onnx/lower/lowering.h"

namespace modelport::onnx {

namespace {

/// c * symbol, c >= 1.
struct Multiple {
  int64_t factor;
  std::string symbol;
};

std::optional<Multiple> multiple_of_symbol(const Dim& dim) {
  if (dim.terms().size() != 1) return std::nullopt;
  const Dim::Term& term = dim.terms()[0];
  if (term.atoms.size() != 1 || term.coefficient < 1 || term.atoms[0]->kind != Dim::Atom::Kind::kSymbol) {
    return std::nullopt;
  }
  return Multiple{term.coefficient, term.atoms[0]->name};
}

}  // namespace

std::string size_parameter(const Dim& dim) {
  const auto multiple = multiple_of_symbol(dim);
  if (!multiple) return {};
  const std::string divided = fmt::format("/{}", multiple->factor);
  if (multiple->factor > 1 && multiple->symbol.ends_with(divided)) {
    return multiple->symbol.substr(0, multiple->symbol.size() - divided.size());
  }
  return multiple->factor == 1 ? multiple->symbol : std::string();
}

std::string SizeArithmetic::input_axis(size_t input, size_t axis) {
  const NamedValue& source = to_.graph().inputs[input];
  std::string& value = known_[to_.shape(source.value)[axis].text()];
  if (!value.empty()) return value;
  std::string& shape = known_["shape of " + source.name];
  if (shape.empty()) shape = to_.inner(OnnxOpType::kShape, {source.name});
  return value =
             to_.inner(OnnxOpType::kGather, {shape, to_.int64s({static_cast<int64_t>(axis)})}, {{"axis", int64_t{0}}});
}

Result<std::string> SizeArithmetic::symbol(const Dim::Atom& atom) {
  for (size_t input = 0; input < to_.graph().inputs.size(); ++input) {
    const SymbolicShape& shape = to_.shape(to_.graph().inputs[input].value);
    for (size_t axis = 0; axis < shape.size(); ++axis) {
      const auto multiple = multiple_of_symbol(shape[axis]);
      if (!multiple || multiple->symbol != atom.name) continue;
      std::string size = input_axis(input, axis);
      if (multiple->factor == 1) return size;
      return to_.inner(OnnxOpType::kDiv, {std::move(size), to_.int64s({multiple->factor})});
    }
  }
  return fail(ErrorCode::kInternal, "the size '{}' is not the size of any input's axis", atom.name);
}

Result<std::string> SizeArithmetic::atom(const Dim::Atom& atom) {
  if (const auto found = known_.find(atom.text); found != known_.end()) return found->second;
  std::string value;
  switch (atom.kind) {
    case Dim::Atom::Kind::kSymbol: {
      TRY(size, symbol(atom));
      value = std::move(size);
      break;
    }
    case Dim::Atom::Kind::kFloorDiv: {
      // ONNX divides integers towards zero.
      const auto bound = atom.operands[0].lower_bound();
      if (!bound || *bound < 0) {
        return fail(ErrorCode::kInvalidArgument, "the size {} may divide a negative number; ONNX rounds that upwards",
                    atom.text);
      }
      TRY(dividend, size(atom.operands[0]));
      value = to_.inner(OnnxOpType::kDiv, {std::move(dividend), to_.int64s({atom.divisor})});
      break;
    }
    case Dim::Atom::Kind::kMin:
    case Dim::Atom::Kind::kMax: {
      TRY(a, size(atom.operands[0]));
      TRY(b, size(atom.operands[1]));
      const bool smaller = atom.kind == Dim::Atom::Kind::kMin;
      if (to_.opset() >= 12) {
        value = to_.inner(smaller ? OnnxOpType::kMin : OnnxOpType::kMax, {std::move(a), std::move(b)});
        break;
      }
      // Min and Max take no integers yet.
      std::string both = to_.inner(OnnxOpType::kConcat, {std::move(a), std::move(b)}, {{"axis", int64_t{0}}});
      value = to_.inner(smaller ? OnnxOpType::kReduceMin : OnnxOpType::kReduceMax, {std::move(both)},
                        {{"axes", std::vector<int64_t>{0}}, {"keepdims", int64_t{1}}});
      break;
    }
  }
  known_[atom.text] = value;
  return value;
}

Result<std::string> SizeArithmetic::product(const Dim::Term& term) {
  std::string key, value;
  for (const auto& factor : term.atoms) {
    TRY(next, atom(*factor));
    key += (key.empty() ? "" : "*") + factor->text;
    if (value.empty()) {
      value = std::move(next);
      continue;
    }
    std::string& known = known_[key];
    if (known.empty()) known = to_.inner(OnnxOpType::kMul, {std::move(value), std::move(next)});
    value = known;
  }
  if (value.empty()) return to_.int64s({term.coefficient});
  if (term.coefficient == 1) return value;
  return to_.inner(OnnxOpType::kMul, {std::move(value), to_.int64s({term.coefficient})});
}

Result<std::string> SizeArithmetic::sum(const Dim& dim) {
  std::string total;
  for (const Dim::Term& term : dim.terms()) {
    TRY(value, product(term));
    total = total.empty() ? std::move(value) : to_.inner(OnnxOpType::kAdd, {std::move(total), std::move(value)});
  }
  return total;
}

Result<std::string> SizeArithmetic::size(const Dim& dim) {
  if (const auto constant = dim.constant()) return to_.int64s({*constant});
  const std::string text = dim.text();
  if (const auto found = known_.find(text); found != known_.end()) return found->second;
  const std::string outer = to_.set_path("sizes");
  for (size_t input = 0; input < to_.graph().inputs.size(); ++input) {
    const SymbolicShape& shape = to_.shape(to_.graph().inputs[input].value);
    for (size_t axis = 0; axis < shape.size(); ++axis) {
      if (shape[axis].text() != text) continue;
      std::string value = input_axis(input, axis);
      to_.set_path(outer);
      return value;
    }
  }
  Result<std::string> value = sum(dim);
  to_.set_path(outer);
  if (value) known_[text] = *value;
  return value;
}

Result<std::string> SizeArithmetic::list(const std::vector<Dim>& dims) {
  std::vector<std::string> parts;
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
    parts.push_back(std::move(value));
  }
  flush();
  if (parts.empty()) return to_.int64s({});
  if (parts.size() == 1) return parts[0];
  std::string key = "list of";
  for (const std::string& part : parts) key += " " + part;
  std::string& known = known_[key];
  if (known.empty()) known = to_.inner(OnnxOpType::kConcat, std::move(parts), {{"axis", int64_t{0}}});
  return known;
}

Result<std::string> SizeArithmetic::reshape_target(const SymbolicShape& from, const SymbolicShape& to) {
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

}  // namespace modelport::onnx
