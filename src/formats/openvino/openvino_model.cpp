#include "formats/openvino/openvino_model.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace modelport::openvino {

namespace {

std::string print_elements(const WeightRecipe& data) {
  if (data.element_count() > 8) return "...";
  if (is_float(data.dtype())) return fmt::format("{}", fmt::join(data.to_floats(), ", "));
  return fmt::format("{}", fmt::join(data.to_int64s(), ", "));
}

std::string print_layer(const OpenvinoModel& model, const OpenvinoLayer& layer) {
  std::vector<std::string> inputs, outputs, attributes;
  for (const OpenvinoSource& input : layer.inputs) {
    const std::string port = input.output == 0 ? "" : fmt::format(".{}", input.output);
    inputs.push_back(model.layers[input.layer].name + port);
  }
  for (const OpenvinoOutput& output : layer.outputs) outputs.push_back(print_type(output.type));
  for (const OpenvinoAttribute& attribute : layer.attributes)
    attributes.push_back(attribute.name + "=" + attribute.value);
  if (layer.type == OpenvinoOpType::kConst) inputs.push_back(print_elements(layer.data));
  return fmt::format("{} = {}({}){} -> {}\n", layer.name, openvino_op(layer.type).name, fmt::join(inputs, ", "),
                     attributes.empty() ? "" : fmt::format(" {{{}}}", fmt::join(attributes, "; ")),
                     fmt::join(outputs, ", "));
}

}  // namespace

std::string value_name(const OpenvinoModel& model, OpenvinoSource source) {
  const std::vector<std::string>& names = model.at(source).names;
  if (!names.empty()) return names.front();
  const std::string& layer = model.layers[source.layer].name;
  return source.output == 0 ? layer : fmt::format("{}:{}", layer, source.output);
}

std::string print_type(const OpenvinoType& type) {
  return fmt::format("{}[{}]", dtype_name(type.dtype), fmt::join(type.shape, ", "));
}

std::string print_openvino(const OpenvinoModel& model) {
  std::string text;
  for (const OpenvinoLayer& layer : model.layers) text += print_layer(model, layer);
  return text;
}

}  // namespace modelport::openvino
