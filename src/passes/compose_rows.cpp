#include <algorithm>
#include <unordered_map>

#include "ops/rewriter.h"
#include "passes/pass.h"

namespace modelport {

namespace {

/// Fewer nodes than these are not worth a matrix.
constexpr size_t kFewestNodes = 3;
/// From [N, width, rows] to [N, rows, width].
const std::vector<int64_t> kTurn = {0, 2, 1};

/// A value [N, rows, width] that is `matrix` [rows, columns] times the turned left operand of one product, plus `shift`
/// [rows, width].
struct LinearRows {
  size_t rows = 0, columns = 0, width = 0;
  std::vector<double> matrix, shift;

  LinearRows slice(size_t begin, size_t count) const {
    const auto part = [&](const std::vector<double>& all, size_t size) {
      const auto first = all.begin() + static_cast<std::ptrdiff_t>(begin * size);
      return std::vector<double>(first, first + static_cast<std::ptrdiff_t>(count * size));
    };
    return {count, columns, width, part(matrix, columns), part(shift, width)};
  }

  void append(const LinearRows& below) {
    rows += below.rows;
    matrix.insert(matrix.end(), below.matrix.begin(), below.matrix.end());
    shift.insert(shift.end(), below.shift.begin(), below.shift.end());
  }

  void scale(double factor) {
    for (double& value : matrix) value *= factor;
    for (double& value : shift) value *= factor;
  }

  bool add(const LinearRows& other) {
    if (other.rows != rows) return false;
    std::ranges::transform(matrix, other.matrix, matrix.begin(), std::plus<>());
    std::ranges::transform(shift, other.shift, shift.begin(), std::plus<>());
    return true;
  }
};

/// What sums, differences, multiples, splits and concatenations make of one product's rows.
class Region {
 public:
  /// Nothing where the node does not turn [N, width, rows] that a product with a constant matrix makes of a value of
  /// fixed width.
  static std::optional<Region> from(const Graph& graph, NodeId turn, const std::vector<std::optional<NodeId>>& makers) {
    const Node& node = graph[turn];
    const auto* permute = std::get_if<Permute>(&node.op);
    if (permute == nullptr || permute->permutation != kTurn) return std::nullopt;
    const std::optional<NodeId> maker = makers[static_cast<size_t>(node.inputs[0])];
    if (!maker || !std::holds_alternative<MatMul>(graph[*maker].op)) return std::nullopt;
    const Node& product = graph[*maker];
    const std::optional<WeightRecipe>& weight = graph[product.inputs[1]].constant;
    const SymbolicShape& shape = graph[node.outputs[0]].type.shape;
    if (!weight || weight->shape().size() != 2 || !shape[2].is_constant()) return std::nullopt;
    LinearRows rows{static_cast<size_t>(weight->shape()[1]),
                    static_cast<size_t>(weight->shape()[0]),
                    static_cast<size_t>(*shape[2].constant()),
                    weight->permute({1, 0}).to_doubles(),
                    {}};
    rows.shift.resize(rows.rows * rows.width);
    Region region(graph, product);
    region.rows_.emplace(node.outputs[0], std::move(rows));
    return region;
  }

  /// Takes the node in when all of its outputs are linear in the product; nodes come in order.
  bool take(NodeId id) {
    const Node& node = graph_[id];
    if (std::ranges::none_of(node.inputs, [&](ValueId value) { return rows_.contains(value); })) return false;
    const bool taken = node.outputs.size() == 1 ? take_single(node) : take_split(node);
    if (taken) nodes_.push_back(id);
    return taken;
  }

  /// The one value that others need, when there is only one and it spares enough nodes.
  const Node* result(const std::vector<std::vector<NodeId>>& users) const {
    if (nodes_.size() < kFewestNodes) return nullptr;
    std::vector<ValueId> needed;
    for (const auto& [value, rows] : rows_) {
      const bool leaves = std::ranges::any_of(users[static_cast<size_t>(value)], [&](NodeId user) {
        return std::ranges::find(nodes_, user) == nodes_.end();
      });
      if (leaves || is_named(graph_, value)) needed.push_back(value);
    }
    const Node& last = graph_[nodes_.back()];
    return needed == last.outputs ? &last : nullptr;
  }

  const LinearRows& rows(ValueId value) const { return rows_.at(value); }
  const Node& product() const { return product_; }

 private:
  Region(const Graph& graph, const Node& product) : graph_(graph), product_(product) {}

  const LinearRows* find(ValueId value) const {
    const auto found = rows_.find(value);
    return found == rows_.end() ? nullptr : &found->second;
  }

  /// A constant that adds to `like` without changing its shape.
  std::optional<LinearRows> constant_rows(ValueId value, const LinearRows& like) const {
    const std::optional<WeightRecipe>& constant = graph_[value].constant;
    const Shape whole{1, static_cast<int64_t>(like.rows), static_cast<int64_t>(like.width)};
    if (!constant || !is_float(constant->dtype()) || constant->shape() != whole) return std::nullopt;
    return LinearRows{like.rows, like.columns, like.width, std::vector<double>(like.matrix.size()),
                      constant->to_doubles()};
  }

  std::optional<double> scalar(ValueId value) const {
    const std::optional<WeightRecipe>& constant = graph_[value].constant;
    if (!constant || !is_float(constant->dtype()) || !constant->shape().empty()) return std::nullopt;
    return constant->to_doubles()[0];
  }

  bool take_single(const Node& node) {
    std::optional<LinearRows> made;
    if (std::holds_alternative<Add>(node.op)) made = sum(node, 1);
    if (std::holds_alternative<Sub>(node.op)) made = sum(node, -1);
    if (std::holds_alternative<Mul>(node.op)) made = multiple(node, [](double factor) { return factor; });
    if (std::holds_alternative<Div>(node.op)) made = multiple(node, [](double factor) { return 1 / factor; });
    if (const auto* concat = std::get_if<Concat>(&node.op); concat != nullptr && concat->axis == 1) made = stack(node);
    if (made) rows_.emplace(node.outputs[0], *std::move(made));
    return made.has_value();
  }

  std::optional<LinearRows> sum(const Node& node, double sign) const {
    const LinearRows *a = find(node.inputs[0]), *b = find(node.inputs[1]);
    std::optional<LinearRows> left = a != nullptr ? *a : constant_rows(node.inputs[0], *b);
    std::optional<LinearRows> right = b != nullptr ? *b : constant_rows(node.inputs[1], *a);
    if (!left || !right) return std::nullopt;
    right->scale(sign);
    return left->add(*right) ? left : std::nullopt;
  }

  template <class Factor>
  std::optional<LinearRows> multiple(const Node& node, Factor factor) const {
    const LinearRows* rows = find(node.inputs[0]);
    const std::optional<double> by = scalar(node.inputs[1]);
    if (rows == nullptr || !by) return std::nullopt;
    LinearRows made = *rows;
    made.scale(factor(*by));
    return made;
  }

  std::optional<LinearRows> stack(const Node& node) const {
    std::optional<LinearRows> made;
    for (const ValueId part : node.inputs) {
      const LinearRows* rows = find(part);
      if (rows == nullptr) return std::nullopt;
      if (made) {
        made->append(*rows);
      } else {
        made = *rows;
      }
    }
    return made;
  }

  bool take_split(const Node& node) {
    const auto* split = std::get_if<Split>(&node.op);
    const LinearRows* whole = find(node.inputs[0]);
    if (split == nullptr || split->axis != 1 || whole == nullptr) return false;
    size_t begin = 0;
    std::vector<LinearRows> parts;
    for (const Dim& size : split->sizes) {
      parts.push_back(whole->slice(begin, static_cast<size_t>(*size.constant())));
      begin += parts.back().rows;
    }
    for (size_t i = 0; i < parts.size(); ++i) rows_.emplace(node.outputs[i], std::move(parts[i]));
    return true;
  }

  const Graph& graph_;
  const Node& product_;
  std::unordered_map<ValueId, LinearRows> rows_;
  std::vector<NodeId> nodes_;
};

std::vector<float> as_floats(const std::vector<double>& values) { return {values.begin(), values.end()}; }

/// The product with the composed matrix in the product's numerics, the shift in the result's.
ValueId emit(Rewriter& rewriter, const Node& product, const Node& result, const LinearRows& rows) {
  GraphBuilder& b = rewriter.builder();
  b.set_path(product.path);
  b.set_numerics(product.numerics);
  const auto count = static_cast<int64_t>(rows.rows), columns = static_cast<int64_t>(rows.columns);
  const auto matrix = WeightRecipe::source(Tensor::from_floats({count, columns}, as_floats(rows.matrix)), "literal");
  ValueId value = b.permute(b.matmul(rewriter.map(product.inputs[0]), b.constant(matrix.permute({1, 0}))), kTurn);
  b.set_path(result.path);
  b.set_numerics(result.numerics);
  if (std::ranges::any_of(rows.shift, [](double shift) { return shift != 0; })) {
    value = b.add(b.floats({1, count, static_cast<int64_t>(rows.width)}, as_floats(rows.shift)), value);
  }
  return value;
}

}  // namespace

Result<Graph> compose_rows(const Graph& graph, PassContext&) {
  const auto users = consumers(graph);
  const auto makers = producers(graph);
  Rewriter rewriter(graph);
  // By the node that makes the result: nodes in between are copied before it and die.
  std::unordered_map<const Node*, std::pair<const Node*, LinearRows>> by_result;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    std::optional<Region> region = Region::from(graph, static_cast<NodeId>(i), makers);
    if (!region) continue;
    for (size_t next = i + 1; next < graph.nodes.size(); ++next) region->take(static_cast<NodeId>(next));
    if (const Node* result = region->result(users)) {
      by_result.emplace(result, std::pair(&region->product(), region->rows(result->outputs[0])));
    }
  }
  return rewriter.run([&](NodeId id) {
    const auto found = by_result.find(&graph[id]);
    if (found == by_result.end()) return Rewriter::Action::kCopy;
    const auto& [product, rows] = found->second;
    rewriter.replace(graph[id].outputs[0], emit(rewriter, *product, graph[id], rows));
    return Rewriter::Action::kReplaced;
  });
}

}  // namespace modelport
