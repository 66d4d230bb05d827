#include "ops/verify_types.h"

namespace modelport {

namespace {

/// Replaces Dims in place and keeps the first error.
class Substitution {
 public:
  explicit Substitution(const SymbolValues& symbols) : symbols_(symbols) {}

  void operator()(Dim& dim) {
    if (!status_ || dim.is_constant()) return;
    const Result<int64_t> value = dim.evaluate(symbols_);
    if (value) {
      dim = Dim(*value);
    } else {
      status_ = value.error();
    }
  }
  void operator()(std::vector<Dim>& dims) {
    for (Dim& dim : dims) (*this)(dim);
  }

  /// Attributes that are no sizes.
  template <class Other>
  void operator()(Other&) {}

  const Status& status() const { return status_; }

 private:
  const SymbolValues& symbols_;
  Status status_;
};

}  // namespace

Result<Op> concrete(const Op& op, const SymbolValues& symbols) {
  Op fixed = op;
  Substitution substitution(symbols);
  const auto substitute = [&](std::string_view, auto& attribute) { substitution(attribute); };
  std::visit([&](auto& attributes) { visit_attributes(attributes, substitute); }, fixed);
  CHECK_OK(substitution.status());
  return fixed;
}

Result<Graph> concrete(const Graph& graph, const SymbolValues& symbols) {
  Graph fixed = graph;
  for (Value& value : fixed.values) {
    Substitution substitution(symbols);
    substitution(value.type.shape);
    CHECK_OK(substitution.status());
  }
  for (Node& node : fixed.nodes) {
    TRY(op, concrete(node.op, symbols).in(node.path));
    node.op = std::move(op);
  }
  return fixed;
}

}  // namespace modelport
