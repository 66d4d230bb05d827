#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "graph/text.h"
#include "graph/text_list.h"

namespace modelport {

namespace {

constexpr int64_t kMaxConstantElements = int64_t{1} << 26;
constexpr std::string_view kFloat32Mark = "!float32";

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

/// Cuts `text` at the first `separator`; the part behind it is returned and the text shortened.
std::optional<std::string_view> take_after(std::string_view& text, std::string_view separator) {
  const size_t at = text.find(separator);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view behind = text.substr(at + separator.size());
  text = trimmed(text.substr(0, at));
  return trimmed(behind);
}

/// "float32[1, 3, height]".
Result<ValueType> parse_type(std::string_view text) {
  const size_t bracket = text.find('[');
  const auto dtype = dtype_from_name(text.substr(0, bracket));
  if (bracket == std::string_view::npos || text.back() != ']' || !dtype) {
    return fail(ErrorCode::kInvalidArgument, "'{}' is not a type such as float32[1, 3]", text);
  }
  ValueType type{*dtype, {}};
  for (const std::string_view size : split_list(text.substr(bracket + 1, text.size() - bracket - 2))) {
    TRY(dim, parse_dim(size));
    type.shape.push_back(dim);
  }
  return type;
}

/// A constant of the type from values that were read as doubles (exact for every float and for small integers).
WeightRecipe constant_of(DType dtype, Shape shape, std::vector<double> values, std::string name) {
  const auto wide = WeightRecipe::source(Tensor::from_doubles(shape, std::move(values)), name).convert(dtype);
  std::vector<std::byte> bytes(static_cast<size_t>(wide.element_count() * dtype_bytes(dtype)));
  wide.read_bytes(0, bytes);
  return WeightRecipe::source(Tensor::from_bytes(dtype, std::move(shape), std::move(bytes)), std::move(name));
}

Result<std::vector<double>> parse_values(std::string_view braced) {
  if (braced.size() < 2 || braced.back() != '}') {
    return fail(ErrorCode::kInvalidArgument, "'{}' does not end in a brace", braced);
  }
  std::vector<double> values;
  for (const std::string_view part : split_list(braced.substr(1, braced.size() - 2))) {
    double& value = values.emplace_back();
    const auto [end, code] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (code != std::errc() || end != part.data() + part.size()) {
      return fail(ErrorCode::kInvalidArgument, "'{}' is not a number", part);
    }
  }
  return values;
}

/// 0, 1, 2 ... for integers, the same scaled to [-1, 1) for floats.
std::vector<double> ramp(DType dtype, int64_t count) {
  std::vector<double> values(static_cast<size_t>(count));
  for (size_t i = 0; i < values.size(); ++i) {
    const auto index = static_cast<double>(i);
    values[i] = is_float(dtype) ? 2.0 * index / static_cast<double>(count) - 1.0 : index;
  }
  return values;
}

Result<WeightRecipe> parse_constant(const ValueType& type, std::optional<std::string_view> description) {
  TRY(shape, evaluate_shape(type.shape, {}));
  const auto count = element_count(shape);
  if (!count || *count > kMaxConstantElements) {
    return fail(ErrorCode::kInvalidArgument, "a constant of shape {} is too large for text", shape_text(shape));
  }
  if (!description || !description->starts_with('{')) {
    const std::string name(description ? description->substr(0, description->find(':')) : "ramp");
    return constant_of(type.dtype, std::move(shape), ramp(type.dtype, *count), name);
  }
  TRY(values, parse_values(*description));
  if (static_cast<int64_t>(values.size()) != *count) {
    return fail(ErrorCode::kInvalidArgument, "{} values are given for shape {}", values.size(), shape_text(shape));
  }
  return constant_of(type.dtype, std::move(shape), std::move(values), "literal");
}

class GraphParser {
 public:
  Result<Graph> all(std::string_view text) {
    for (size_t number = 1; !text.empty(); ++number) {
      const size_t end = std::min(text.find('\n'), text.size());
      const std::string_view line = trimmed(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
      if (!line.empty() && !line.starts_with('#')) CHECK_OK(statement(line).in(fmt::format("line {}", number)));
    }
    CHECK_OK(verify_structure(graph_));
    return std::move(graph_);
  }

 private:
  Status statement(std::string_view line) {
    if (take_prefix(line, "input ")) return input(line);
    if (take_prefix(line, "const ")) return constant(line);
    if (take_prefix(line, "output ")) return named(line, graph_.outputs);
    if (take_prefix(line, "probe ")) return named(line, graph_.probes);
    return node(line);
  }

  Status input(std::string_view line) {
    const auto type_text = take_after(line, ": ");
    const auto name = take_after(line, " ");
    if (!type_text || !name) return fail(ErrorCode::kInvalidArgument, "expected 'input %0 name: type'");
    TRY(type, parse_type(*type_text));
    TRY(value, define(line, {std::move(type), std::nullopt}));
    graph_.inputs.push_back({std::string(*name), value});
    return {};
  }

  Status constant(std::string_view line) {
    const auto description = take_after(line, " = ");
    const auto type_text = take_after(line, ": ");
    if (!type_text) return fail(ErrorCode::kInvalidArgument, "expected 'const %0: type = values'");
    TRY(type, parse_type(*type_text));
    TRY(recipe, parse_constant(type, description));
    CHECK_OK(define(line, {std::move(type), std::move(recipe)}));
    return {};
  }

  Status named(std::string_view line, std::vector<NamedValue>& list) {
    const auto reference = take_after(line, " = ");
    if (!reference) return fail(ErrorCode::kInvalidArgument, "expected 'name = %0'");
    TRY(value, lookup(*reference));
    list.push_back({std::string(line), value});
    return {};
  }

  Status node(std::string_view line) {
    Node node;
    if (const auto path = take_after(line, "  # ")) node.path = std::string(*path);
    if (line.ends_with(kFloat32Mark)) {
      node.numerics = Numerics::kFloat32;
      line = trimmed(line.substr(0, line.size() - kFloat32Mark.size()));
    }
    const auto application = take_after(line, " = ");
    if (!application) return fail(ErrorCode::kInvalidArgument, "expected '%1: type = Op(%0)'");
    const size_t open = application->find('('), close = application->find(')');
    if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
      return fail(ErrorCode::kInvalidArgument, "expected 'Op(operands)', found '{}'", *application);
    }
    TRY(op, parse_op(application->substr(0, open), application->substr(close + 1)));
    node.op = std::move(op);
    for (const std::string_view operand : split_list(application->substr(open + 1, close - open - 1))) {
      TRY(value, lookup(operand));
      node.inputs.push_back(value);
    }
    for (std::string_view result : split_list(line)) {
      const auto type_text = take_after(result, ": ");
      if (!type_text) return fail(ErrorCode::kInvalidArgument, "'{}' has no type", result);
      TRY(type, parse_type(*type_text));
      TRY(value, define(result, {std::move(type), std::nullopt}));
      node.outputs.push_back(value);
    }
    graph_.nodes.push_back(std::move(node));
    return {};
  }

  Result<ValueId> define(std::string_view name, Value value) {
    if (!name.starts_with('%')) return fail(ErrorCode::kInvalidArgument, "'{}' is not a value such as %0", name);
    const ValueId id{static_cast<uint32_t>(graph_.values.size())};
    if (!ids_.emplace(name, id).second) return fail(ErrorCode::kInvalidArgument, "{} is defined twice", name);
    graph_.values.push_back(std::move(value));
    return id;
  }
  Result<ValueId> lookup(std::string_view name) const {
    const auto found = ids_.find(name);
    if (found == ids_.end()) return fail(ErrorCode::kInvalidArgument, "'{}' is not defined above", name);
    return found->second;
  }

  Graph graph_;
  std::map<std::string, ValueId, std::less<>> ids_;
};

}  // namespace

Result<Graph> parse_graph(std::string_view text) { return GraphParser().all(text); }

}  // namespace modelport
