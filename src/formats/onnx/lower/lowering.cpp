#include "formats/onnx/lower/lowering.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace modelport::onnx {

Lowering::Lowering(const Graph& graph, int64_t opset, OnnxModel& model)
    : graph_(graph),
      opset_(opset),
      model_(model),
      sizes_(graph, EmitSizes(*this)),
      value_names_(graph.values.size()),
      users_(consumers(graph)) {
  const auto made_by = producers(graph);
  for (const NamedValue& input : graph.inputs) {
    used_.insert(input.name);
    value_names_[static_cast<size_t>(input.value)] = input.name;
  }
  for (const NamedValue& output : graph.outputs) {
    used_.insert(output.name);
    auto& name = value_names_[static_cast<size_t>(output.value)];
    if (made_by[static_cast<size_t>(output.value)] && !name) name = output.name;
  }
}

std::string Lowering::set_path(std::string path) { return std::exchange(path_, std::move(path)); }

std::string Lowering::unique(std::string name) {
  if (used_.insert(name).second) return name;
  int& suffix = next_suffix_[name];
  while (true) {
    std::string candidate = fmt::format("{}_{}", name, ++suffix);
    if (used_.insert(candidate).second) return candidate;
  }
}

std::string Lowering::name(ValueId value, std::string_view role) {
  auto& name = value_names_[static_cast<size_t>(value)];
  if (!name && graph_[value].constant) name = initializer(role, *graph_[value].constant);
  return *name;
}

std::vector<std::string> Lowering::names(const std::vector<ValueId>& values) {
  std::vector<std::string> all;
  for (const ValueId value : values) all.push_back(name(value));
  return all;
}

std::string Lowering::initializer(std::string_view role, WeightRecipe data) {
  std::string name = unique(path_.empty() ? std::string(role) : fmt::format("{}.{}", path_, role));
  model_.initializers.push_back({name, std::move(data)});
  return name;
}

std::string Lowering::int64s(const std::vector<int64_t>& values) {
  auto [found, added] = int64s_.try_emplace(values);
  if (added) {
    Tensor tensor = Tensor::from_int64s({static_cast<int64_t>(values.size())}, values);
    found->second = unique(fmt::format("int64s.{}", fmt::join(values, "_")));
    model_.initializers.push_back({found->second, WeightRecipe::source(std::move(tensor), found->second)});
  }
  return found->second;
}

std::string Lowering::scalar(double value, DType dtype) {
  auto [found, added] = scalars_.try_emplace({value, dtype});
  if (added) {
    found->second = unique(fmt::format("{}.{}", dtype_name(dtype), value));
    const WeightRecipe exact = WeightRecipe::source(Tensor::from_doubles({}, {value}), found->second);
    model_.initializers.push_back({found->second, exact.convert(dtype)});
  }
  return found->second;
}

std::string Lowering::node_name(OnnxOpType type) {
  return unique(path_.empty() ? std::string(onnx_op_name(type)) : fmt::format("{}/{}", path_, onnx_op_name(type)));
}

void Lowering::node(const Node& node, OnnxOpType type, std::vector<std::string> inputs,
                    std::vector<OnnxAttribute> attributes) {
  OnnxNode emitted{type, std::move(inputs), {}, std::move(attributes), node_name(type)};
  for (size_t i = 0; i < node.outputs.size(); ++i) {
    auto& name = value_names_[static_cast<size_t>(node.outputs[i])];
    if (!name) name = node.outputs.size() == 1 ? emitted.name : unique(fmt::format("{}.{}", emitted.name, i));
    emitted.outputs.push_back(*name);
  }
  model_.nodes.push_back(std::move(emitted));
}

void Lowering::output(const Node& node, size_t index, OnnxOpType type, std::vector<std::string> inputs,
                      std::vector<OnnxAttribute> attributes) {
  std::string node_name = this->node_name(type);
  auto& name = value_names_[static_cast<size_t>(node.outputs[index])];
  if (!name) name = node_name;
  model_.nodes.push_back({type, std::move(inputs), {*name}, std::move(attributes), std::move(node_name)});
}

std::string Lowering::inner(OnnxOpType type, std::vector<std::string> inputs, std::vector<OnnxAttribute> attributes) {
  std::string name = node_name(type);
  model_.nodes.push_back({type, std::move(inputs), {name}, std::move(attributes), name});
  return name;
}

void Lowering::finish_outputs() {
  for (const NamedValue& output : graph_.outputs) {
    std::string name = this->name(output.value);
    if (name == output.name) continue;
    model_.nodes.push_back(
        {OnnxOpType::kIdentity, {std::move(name)}, {output.name}, {}, unique(output.name + "/Identity")});
  }
}

}  // namespace modelport::onnx
