#include <fmt/ranges.h>

#include "base/sha256.h"
#include "graph/text.h"

namespace modelport {

namespace {

/// Constants of at most this many elements are printed as their values, and at most this many are digested.
constexpr int64_t kMaxPrinted = 8;
constexpr int64_t kMaxDigested = 4096;

std::string type_text(const ValueType& type) {
  return fmt::format("{}{}", dtype_name(type.dtype), shape_text(type.shape));
}

std::string constant_text(const WeightRecipe& constant) {
  if (constant.element_count() <= kMaxPrinted) {
    if (!is_float(constant.dtype())) return fmt::format("{{{}}}", fmt::join(constant.to_int64s(), ", "));
    if (constant.dtype() == DType::kFloat64) return fmt::format("{{{}}}", fmt::join(constant.to_doubles(), ", "));
    return fmt::format("{{{}}}", fmt::join(constant.to_floats(), ", "));
  }
  if (constant.element_count() > kMaxDigested) return constant.text();
  std::vector<std::byte> bytes(static_cast<size_t>(constant.element_count() * dtype_bytes(constant.dtype())));
  constant.read_bytes(0, bytes);
  return fmt::format("{} @{}", constant.text(), sha256_hex(bytes).substr(0, 12));
}

/// Numbers values in the order in which the text first shows them.
class Printer {
 public:
  explicit Printer(const Graph& graph) : graph_(graph), numbers_(graph.values.size()) {}

  std::string all() {
    for (const NamedValue& input : graph_.inputs) {
      line("input {} {}: {}", define(input.value), input.name, type_text(graph_[input.value].type));
    }
    for (const Node& node : graph_.nodes) {
      for (const ValueId input : node.inputs) print_constant(input);
      print_node(node);
    }
    for (size_t index = 0; index < graph_.values.size(); ++index) print_constant(ValueId(index));
    for (const NamedValue& output : graph_.outputs) line("output {} = {}", output.name, reference(output.value));
    for (const NamedValue& probe : graph_.probes) line("probe {} = {}", probe.name, reference(probe.value));
    return std::move(text_);
  }

 private:
  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    text_ += fmt::format(format, std::forward<Args>(args)...) + "\n";
  }

  std::string define(ValueId value) {
    numbers_[static_cast<size_t>(value)] = next_++;
    return reference(value);
  }
  std::string reference(ValueId value) const {
    const auto& number = numbers_[static_cast<size_t>(value)];
    return number ? fmt::format("%{}", *number) : "%undefined";
  }

  void print_constant(ValueId value) {
    const auto& constant = graph_[value].constant;
    if (!constant || numbers_[static_cast<size_t>(value)]) return;
    line("const {}: {} = {}", define(value), type_text(graph_[value].type), constant_text(*constant));
  }

  void print_node(const Node& node) {
    std::vector<std::string> operands, results;
    for (const ValueId input : node.inputs) operands.push_back(reference(input));
    for (const ValueId output : node.outputs) {
      results.push_back(fmt::format("{}: {}", define(output), type_text(graph_[output].type)));
    }
    const std::string attributes = print_attributes(node.op);
    line("{} = {}({}){}{}{}{}{}", fmt::join(results, ", "), op_name(node.op), fmt::join(operands, ", "),
         attributes.empty() ? "" : " ", attributes, node.numerics == Numerics::kFloat32 ? " !float32" : "",
         node.path.empty() ? "" : "  # ", node.path);
  }

  const Graph& graph_;
  std::vector<std::optional<size_t>> numbers_;
  size_t next_ = 0;
  std::string text_;
};

}  // namespace

std::string print_graph(const Graph& graph) { return Printer(graph).all(); }

}  // namespace modelport
