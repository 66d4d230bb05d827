#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"

namespace modelport {

/// c where the size is c * symbol, c >= 1; nothing otherwise.
std::optional<int64_t> multiple_of(const Dim& size, std::string_view symbol);

/// What a Reshape that copies axes (0) and leaves one open (-1) is told in place of `to`: 0 where an axis keeps its
/// size, -1 for the last unknown one, the size for the others.
std::vector<Dim> reshape_sizes(const SymbolicShape& from, const SymbolicShape& to);

/// Integer arithmetic for sizes that may vary, from the sizes of a graph's inputs, in a format's own nodes. Every
/// distinct size is computed once. `Emit` is how the format does it:
///     using Value                                       what holds a size, or a list of them
///     Value constants(std::vector<int64_t>)
///     Value input_axis(size_t input, size_t axis)       asked once for an axis
///     Result<Value> floor_div(Value a, int64_t divisor, const Dim& dividend)
///     Value mul(Value a, Value b), add, min, max
///     Value keep(Value)                                 what may be read several times
///     Value concat(std::vector<Value>, size_t count)    for list() alone; `count` sizes in all
template <class Emit>
class SizeLowering {
 public:
  using Value = typename Emit::Value;
  SizeLowering(const Graph& graph, Emit emit) : graph_(graph), emit_(std::move(emit)) {}

  /// One size. kInvalidArgument for what the format cannot compute.
  Result<Value> size(const Dim& dim) {
    if (const auto constant = dim.constant()) return emit_.constants({*constant});
    const std::string text = dim.text();
    if (const Value* known = find(text)) return *known;
    for (size_t input = 0; input < graph_.inputs.size(); ++input) {
      for (size_t axis = 0; axis < shape_of(input).size(); ++axis) {
        if (shape_of(input)[axis].text() == text) return input_axis(input, axis);
      }
    }
    TRY(value, sum(dim));
    return known_[text] = emit_.keep(std::move(value));
  }

  /// Several sizes as one value; neighbouring constants are one part of it.
  Result<Value> list(const std::vector<Dim>& dims) {
    std::vector<Value> parts;
    std::vector<int64_t> constants;
    std::string key = "list of";
    const auto flush = [&] {
      if (!constants.empty()) parts.push_back(emit_.constants(std::exchange(constants, {})));
    };
    for (const Dim& dim : dims) {
      key += " " + dim.text();
      if (const auto constant = dim.constant()) {
        constants.push_back(*constant);
        continue;
      }
      flush();
      TRY(value, size(dim));
      parts.push_back(std::move(value));
    }
    flush();
    if (parts.empty()) return emit_.constants({});
    if (parts.size() == 1) return parts[0];
    if (const Value* known = find(key)) return *known;
    return known_[key] = emit_.concat(std::move(parts), dims.size());
  }

 private:
  const SymbolicShape& shape_of(size_t input) const { return graph_[graph_.inputs[input].value].type.shape; }
  const Value* find(const std::string& key) const {
    const auto found = known_.find(key);
    return found != known_.end() ? &found->second : nullptr;
  }

  Value input_axis(size_t input, size_t axis) {
    const std::string text = shape_of(input)[axis].text();
    if (const Value* known = find(text)) return *known;
    Value value = emit_.input_axis(input, axis);
    return known_[text] = std::move(value);
  }

  Result<Value> symbol(const Dim::Atom& atom) {
    for (size_t input = 0; input < graph_.inputs.size(); ++input) {
      for (size_t axis = 0; axis < shape_of(input).size(); ++axis) {
        const Dim& size = shape_of(input)[axis];
        const auto factor = multiple_of(size, atom.name);
        if (!factor) continue;
        Value value = input_axis(input, axis);
        if (*factor == 1) return value;
        return emit_.floor_div(std::move(value), *factor, size);
      }
    }
    return fail(ErrorCode::kInternal, "the size '{}' is not the size of any input's axis", atom.name);
  }

  Result<Value> compute(const Dim::Atom& atom) {
    if (atom.kind == Dim::Atom::Kind::kSymbol) return symbol(atom);
    TRY(a, size(atom.operands[0]));
    if (atom.kind == Dim::Atom::Kind::kFloorDiv) return emit_.floor_div(std::move(a), atom.divisor, atom.operands[0]);
    TRY(b, size(atom.operands[1]));
    const bool smaller = atom.kind == Dim::Atom::Kind::kMin;
    return smaller ? emit_.min(std::move(a), std::move(b)) : emit_.max(std::move(a), std::move(b));
  }

  Result<Value> atom(const Dim::Atom& atom) {
    if (const Value* known = find(atom.text)) return *known;
    TRY(value, compute(atom));
    return known_[atom.text] = emit_.keep(std::move(value));
  }

  Result<Value> product(const Dim::Term& term) {
    std::string key;
    std::optional<Value> value;
    for (const auto& factor : term.atoms) {
      TRY(next, atom(*factor));
      key += (key.empty() ? "" : "*") + factor->text;
      if (!value) {
        value = std::move(next);
        continue;
      }
      if (const auto known = products_.find(key); known != products_.end()) {
        value = known->second;
        continue;
      }
      Value both = emit_.mul(*std::move(value), std::move(next));
      value = products_[key] = std::move(both);
    }
    if (!value) return emit_.constants({term.coefficient});
    if (term.coefficient == 1) return *value;
    return emit_.mul(*std::move(value), emit_.constants({term.coefficient}));
  }

  Result<Value> sum(const Dim& dim) {
    std::optional<Value> total;
    for (const Dim::Term& term : dim.terms()) {
      TRY(value, product(term));
      total = total ? emit_.add(*std::move(total), std::move(value)) : std::move(value);
    }
    return *std::move(total);
  }

  const Graph& graph_;
  Emit emit_;
  std::map<std::string, Value> known_;     ///< Kept: by text of a Dim or an atom, by the texts of a list.
  std::map<std::string, Value> products_;  ///< Not kept: by the atoms' texts.
};

}  // namespace modelport
