#include "formats/onnx/onnx_model.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace modelport::onnx {

namespace {

std::string print_elements(const WeightRecipe& data) {
  if (data.element_count() > 8) return "...";
  if (is_float(data.dtype())) return fmt::format("{}", fmt::join(data.to_floats(), ", "));
  return fmt::format("{}", fmt::join(data.to_int64s(), ", "));
}

std::string print_node(const OnnxNode& node) {
  std::string attributes;
  for (const OnnxAttribute& attribute : node.attributes) {
    attributes += (attributes.empty() ? " {" : ", ") + print_attribute(attribute);
  }
  if (!attributes.empty()) attributes += "}";
  return fmt::format("{} = {}({}){}  # {}\n", fmt::join(node.outputs, ", "), onnx_op_name(node.type),
                     fmt::join(node.inputs, ", "), attributes, node.name);
}

}  // namespace

std::string print_attribute(const OnnxAttribute& attribute) {
  struct Printer {
    std::string operator()(float value) const { return fmt::format("{}", value); }
    std::string operator()(int64_t value) const { return fmt::format("{}", value); }
    std::string operator()(const std::string& value) const { return fmt::format("\"{}\"", value); }
    std::string operator()(const std::vector<int64_t>& value) const {
      return fmt::format("[{}]", fmt::join(value, ", "));
    }
  };
  return fmt::format("{}={}", attribute.name, std::visit(Printer(), attribute.value));
}

std::string print_type(const OnnxValueInfo& info) {
  std::string sizes;
  for (const OnnxDim& dim : info.shape) {
    if (!sizes.empty()) sizes += ", ";
    sizes +=
        std::holds_alternative<int64_t>(dim) ? fmt::format("{}", std::get<int64_t>(dim)) : std::get<std::string>(dim);
  }
  return fmt::format("{}[{}]", dtype_name(info.dtype), sizes);
}

std::string print_onnx(const OnnxModel& model) {
  std::string text = fmt::format("ir_version {}, opset {}, producer {} {}\n", model.ir_version, model.opset,
                                 model.producer_name, model.producer_version);
  for (const auto& [key, value] : model.metadata_props) text += fmt::format("metadata {}: {}\n", key, value);
  text += fmt::format("graph {}\n", model.graph_name);
  for (const OnnxValueInfo& input : model.inputs) text += fmt::format("input {}: {}\n", input.name, print_type(input));
  for (const OnnxInitializer& initializer : model.initializers) {
    text += fmt::format("initializer {}: {}{} = {}\n", initializer.name, dtype_name(initializer.data.dtype()),
                        shape_text(initializer.data.shape()), print_elements(initializer.data));
  }
  for (const OnnxNode& node : model.nodes) text += print_node(node);
  for (const OnnxValueInfo& output : model.outputs) {
    text += fmt::format("output {}: {}\n", output.name, print_type(output));
  }
  return text;
}

}  // namespace modelport::onnx
