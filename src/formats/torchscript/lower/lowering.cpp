#include "formats/torchscript/lower/lowering.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "formats/torchscript/layout.h"

namespace modelport::torchscript {

namespace {

/// A text as a name of the code: "model.0.conv" is model_0_conv.
std::string as_name(std::string_view text) {
  std::string name;
  for (const char c : text) {
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    name += allowed ? c : '_';
  }
  return is_torch_name(name) ? name : "v_" + name;
}

/// The type that the network computes in: that of most of its weights, or its input's where it has none.
DType float_type(const Graph& graph) {
  std::map<DType, int64_t> elements;
  for (const Value& value : graph.values) {
    if (value.constant && is_float(value.type.dtype)) elements[value.type.dtype] += value.constant->element_count();
  }
  const auto most = std::ranges::max_element(elements, {}, [](const auto& entry) { return entry.second; });
  if (most != elements.end() && most->second > 1) return most->first;
  const DType input = graph.inputs.empty() ? DType::kFloat32 : graph[graph.inputs[0].value].type.dtype;
  return is_float(input) ? input : DType::kFloat32;
}

}  // namespace

Lowering::Lowering(const Graph& graph, TorchModel& model)
    : graph_(graph),
      model_(model),
      expressions_(graph.values.size()),
      sizes_(graph, EmitSizes(*this)),
      float_type_(float_type(graph)) {
  for (const NamedValue& input : graph.inputs) {
    const std::string name = unique(as_name(input.name));
    model_.code.parameters.push_back(name);
    model_.inputs.push_back({input.name, type(input.value).dtype, shape(input.value)});
    expressions_[static_cast<size_t>(input.value)] = Expression::name(name);
  }
  for (const NamedValue& output : graph.outputs) output_names_.try_emplace(output.value, unique(as_name(output.name)));
}

std::string Lowering::unique(std::string name) {
  if (used_.insert(name).second) return name;
  int& suffix = next_suffix_[name];
  while (true) {
    std::string candidate = fmt::format("{}_{}", name, ++suffix);
    if (used_.insert(candidate).second) return candidate;
  }
}

std::string Lowering::local_name(std::string_view function) {
  return unique(as_name(path_.empty() ? function.substr(function.rfind('.') + 1) : std::string_view(path_)));
}

TorchExpression Lowering::assign(std::string name, Expression value) {
  model_.code.statements.push_back({{name}, std::move(value)});
  return Expression::name(std::move(name));
}

TorchExpression Lowering::value(ValueId value, std::string_view role) {
  auto& expression = expressions_[static_cast<size_t>(value)];
  if (expression) return *expression;
  const WeightRecipe& data = *graph_[value].constant;
  const std::string name = unique(as_name(path_.empty() ? std::string(role) : fmt::format("{}.{}", path_, role)));
  model_.code.buffers.push_back(name);
  const auto storage = storages_.try_emplace({pool_.number_of(data), data.dtype()}, storages_.size()).first;
  model_.buffers.push_back({name, data, storage->second});
  expression = Expression::buffer(name);
  return *expression;
}

std::vector<TorchExpression> Lowering::values(const std::vector<ValueId>& values) {
  std::vector<Expression> all;
  for (const ValueId each : values) all.push_back(value(each));
  return all;
}

TorchExpression Lowering::operand(ValueId value) {
  const auto& constant = graph_[value].constant;
  if (!constant || !constant->shape().empty()) return this->value(value);
  if (!is_float(constant->dtype())) return Expression::of(constant->to_int64s()[0]);
  const double number = constant->to_doubles()[0];
  // A literal is rounded to the tensor's type, as the constant was.
  return std::isfinite(number) ? Expression::real(number) : this->value(value);
}

void Lowering::node(const Node& node, std::string function, std::vector<Expression> arguments, Keywords keywords) {
  TorchStatement statement;
  for (const ValueId output : node.outputs) {
    statement.targets.push_back(output_name(output, function));
    expressions_[static_cast<size_t>(output)] = Expression::name(statement.targets.back());
  }
  statement.value = Expression::call(std::move(function), std::move(arguments), std::move(keywords));
  model_.code.statements.push_back(std::move(statement));
}

std::string Lowering::output_name(ValueId output, std::string_view function) {
  const auto named = output_names_.find(output);
  return named != output_names_.end() ? named->second : local_name(function);
}

void Lowering::output(ValueId output, std::string function, std::vector<Expression> arguments) {
  std::string name = output_name(output, function);
  expressions_[static_cast<size_t>(output)] =
      assign(std::move(name), Expression::call(std::move(function), std::move(arguments)));
}

std::vector<TorchExpression> Lowering::inner_parts(size_t count, std::string function,
                                                   std::vector<Expression> arguments, Keywords keywords) {
  TorchStatement statement;
  std::vector<Expression> parts;
  for (size_t i = 0; i < count; ++i) {
    statement.targets.push_back(local_name(function));
    parts.push_back(Expression::name(statement.targets.back()));
  }
  statement.value = Expression::call(std::move(function), std::move(arguments), std::move(keywords));
  model_.code.statements.push_back(std::move(statement));
  return parts;
}

TorchExpression Lowering::local(std::string_view name, Expression value) {
  return assign(unique(std::string(name)), std::move(value));
}

TorchExpression Lowering::inner(std::string function, std::vector<Expression> arguments, Keywords keywords) {
  std::string name = local_name(function);
  return assign(std::move(name), Expression::call(std::move(function), std::move(arguments), std::move(keywords)));
}

Result<TorchExpression> Lowering::sizes(const std::vector<Dim>& dims) {
  std::vector<Expression> items;
  for (const Dim& dim : dims) {
    TRY(item, size(dim));
    items.push_back(std::move(item));
  }
  return Expression::list(std::move(items));
}

Result<TorchExpression> Lowering::reshape_target(const SymbolicShape& to) {
  std::vector<Dim> target = to;
  const auto varies = [](const Dim& size) { return !size.is_constant(); };
  if (std::ranges::count_if(target, varies) == 1) *std::ranges::find_if(target, varies) = Dim(-1);
  return sizes(target);
}

TorchExpression Lowering::any_float() {
  for (const NamedValue& input : graph_.inputs) {
    if (type(input.value).dtype == float_type_) return value(input.value);
  }
  for (size_t i = 0; i < graph_.values.size(); ++i) {
    const Value& each = graph_.values[i];
    if (each.constant && each.type.dtype == float_type_ && !each.type.shape.empty())
      return value(static_cast<ValueId>(i));
  }
  return value(graph_.inputs[0].value);
}

TorchExpression Lowering::dtype(DType dtype) {
  if (dtype != float_type_) return Expression::of(layout::scalar_type(dtype)->number);
  if (!dtype_) dtype_ = assign(unique("dtype"), Expression::call("ops.prim.dtype", {any_float()}));
  return *dtype_;
}

TorchExpression Lowering::device() {
  if (!device_) {
    device_ = assign(unique("device"), Expression::call("ops.prim.device", {value(graph_.inputs[0].value)}));
  }
  return *device_;
}

void Lowering::finish() {
  set_path("");
  for (const NamedValue& output : graph_.outputs) {
    model_.code.results.push_back(value(output.value, "output"));
    model_.outputs.push_back(output.name);
  }
  for (const NamedValue& probe : graph_.probes) model_.probes.push_back(value(probe.value));
}

}  // namespace modelport::torchscript
