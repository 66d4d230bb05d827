#include "formats/openvino/lower/lowering.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "formats/openvino/layout.h"

namespace modelport::openvino {

namespace {

using namespace layout;

OpenvinoType type_of(const WeightRecipe& data) { return {data.dtype(), data.shape()}; }

std::string element_name(DType dtype) {
  const auto row = element_type(dtype);
  return std::string(row ? row->attribute : "undefined");
}

std::string parameter_shape(const std::vector<int64_t>& shape) {
  std::string text;
  for (const int64_t size : shape) {
    text += text.empty() ? "" : ",";
    text += size == kVaryingSize ? std::string(kVaryingSizeInShape) : fmt::format("{}", size);
  }
  return text;
}

}  // namespace

Lowering::Lowering(const Graph& graph, OpenvinoModel& model)
    : graph_(graph),
      model_(model),
      sizes_(graph, EmitSizes(*this)),
      made_by_(producers(graph)),
      sources_(graph.values.size()) {
  for (const NamedValue& input : graph.inputs) {
    used_.insert(input.name);
    const OpenvinoType type = port_type(input.value);
    const uint32_t layer = add({OpenvinoOpType::kParameter,
                                input.name,
                                {{"shape", parameter_shape(type.shape)}, {"element_type", element_name(type.dtype)}},
                                {},
                                {},
                                {{type, {input.name}}}});
    sources_[static_cast<size_t>(input.value)] = Source{layer, 0};
  }
  for (const NamedValue& output : graph.outputs) {
    used_.insert(output.name);
    if (made_by_[static_cast<size_t>(output.value)]) output_names_.try_emplace(output.value, output.name);
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

std::string Lowering::layer_name(OpenvinoOpType type) {
  const std::string_view op = openvino_op(type).name;
  return unique(path_.empty() ? std::string(op) : fmt::format("{}/{}", path_, op));
}

uint32_t Lowering::add(OpenvinoLayer layer) {
  model_.layers.push_back(std::move(layer));
  return static_cast<uint32_t>(model_.layers.size() - 1);
}

OpenvinoType Lowering::port_type(ValueId value) const {
  OpenvinoType out{type(value).dtype, {}};
  for (const Dim& size : shape(value)) out.shape.push_back(size.constant().value_or(kVaryingSize));
  return out;
}

std::optional<Lowering::Stored> Lowering::stored(ValueId value) const {
  if (graph_[value].constant) return Stored{*graph_[value].constant, std::nullopt};
  const auto producer = made_by_[static_cast<size_t>(value)];
  if (!producer || !std::holds_alternative<Cast>(graph_[*producer].op)) return std::nullopt;
  const Value& operand = graph_[graph_[*producer].inputs[0]];
  if (!operand.constant) return std::nullopt;
  return Stored{*operand.constant, type(value).dtype};
}

uint64_t Lowering::place(const WeightRecipe& data) {
  const size_t number = pool_.number_of(data);
  if (number < offsets_.size()) return offsets_[number];
  offsets_.push_back((weights_end_ + kConstantAlignment - 1) / kConstantAlignment * kConstantAlignment);
  weights_end_ = offsets_.back() + static_cast<uint64_t>(data.element_count() * dtype_bytes(data.dtype()));
  return offsets_.back();
}

OpenvinoSource Lowering::emit(std::string_view role, WeightRecipe data, std::optional<DType> used_as) {
  const std::string stem = path_.empty() ? std::string(role) : fmt::format("{}.{}", path_, role);
  std::string name = unique(stem);
  const OpenvinoType type = type_of(data);
  const auto bytes = data.element_count() * dtype_bytes(data.dtype());
  OpenvinoLayer layer{OpenvinoOpType::kConst, used_as ? unique(name + "_compressed") : name};
  layer.offset = place(data);
  layer.attributes = {{"element_type", element_name(type.dtype)},
                      {"shape", fmt::format("{}", fmt::join(type.shape, ", "))},
                      {"offset", fmt::format("{}", layer.offset)},
                      {"size", fmt::format("{}", bytes)}};
  layer.outputs = {{type, {}}};
  layer.data = std::move(data);
  const Source stored{add(std::move(layer)), 0};
  if (!used_as) return stored;
  OpenvinoLayer convert{OpenvinoOpType::kConvert, name, {{"destination_type", element_name(*used_as)}}};
  if (is_float(type.dtype) && is_float(*used_as)) convert.marks = {std::string(kDecompression)};
  convert.inputs = {stored};
  convert.outputs = {{{*used_as, type.shape}, {}}};
  return {add(std::move(convert)), 0};
}

OpenvinoSource Lowering::value(ValueId value, std::string_view role) {
  auto& source = sources_[static_cast<size_t>(value)];
  if (source) return *source;
  const auto constant = stored(value);
  source = emit(role, constant->data, constant->used_as);
  return *source;
}

std::vector<OpenvinoSource> Lowering::values(const std::vector<ValueId>& values) {
  std::vector<Source> all;
  for (const ValueId each : values) all.push_back(value(each));
  return all;
}

OpenvinoSource Lowering::reshaped(ValueId value, std::string_view role, const Shape& shape) {
  if (const auto constant = stored(value)) return emit(role, constant->data.reshape(shape), constant->used_as);
  return inner(OpenvinoOpType::kReshape, {this->value(value), int64s(shape)}, {type(value).dtype, shape},
               {{"special_zero", "false"}});
}

OpenvinoSource Lowering::constant(std::string_view role, WeightRecipe data) {
  return emit(role, std::move(data), std::nullopt);
}

OpenvinoSource Lowering::int64s(const std::vector<int64_t>& values) {
  auto [found, added] = int64s_.try_emplace(values);
  if (added) {
    const std::string outer = set_path("");
    const std::string name = fmt::format("int64s.{}", fmt::join(values, "_"));
    Tensor tensor = Tensor::from_int64s({static_cast<int64_t>(values.size())}, values);
    found->second = constant(name, WeightRecipe::source(std::move(tensor), name));
    set_path(outer);
  }
  return found->second;
}

OpenvinoSource Lowering::scalar(double value, DType dtype) {
  auto [found, added] = scalars_.try_emplace({value, dtype});
  if (added) {
    const std::string outer = set_path("");
    const std::string name = fmt::format("{}.{}", dtype_name(dtype), value);
    const WeightRecipe exact = is_float(dtype)
                                   ? WeightRecipe::source(Tensor::from_doubles({}, {value}), name)
                                   : WeightRecipe::source(Tensor::from_int64s({}, {static_cast<int64_t>(value)}), name);
    found->second = constant(name, exact.convert(dtype));
    set_path(outer);
  }
  return found->second;
}

void Lowering::node(const Node& node, OpenvinoOpType type, std::vector<Source> inputs, Attributes attributes,
                    const std::vector<OpenvinoType>& further) {
  OpenvinoLayer layer{type, layer_name(type), std::move(attributes), {}, std::move(inputs), {}};
  const auto id = static_cast<uint32_t>(model_.layers.size());
  for (size_t i = 0; i < node.outputs.size(); ++i) {
    const ValueId value = node.outputs[i];
    OpenvinoOutput& output = layer.outputs.emplace_back(OpenvinoOutput{port_type(value), {}});
    if (const auto named = output_names_.find(value); named != output_names_.end()) output.names = {named->second};
    sources_[static_cast<size_t>(value)] = Source{id, static_cast<uint32_t>(i)};
  }
  for (const OpenvinoType& each : further) layer.outputs.push_back({each, {}});
  add(std::move(layer));
}

OpenvinoSource Lowering::inner(OpenvinoOpType type, std::vector<Source> inputs, OpenvinoType output,
                               Attributes attributes, const std::vector<OpenvinoType>& further) {
  OpenvinoLayer layer{type, layer_name(type), std::move(attributes), {}, std::move(inputs), {{std::move(output), {}}}};
  for (const OpenvinoType& each : further) layer.outputs.push_back({each, {}});
  return {add(std::move(layer)), 0};
}

Result<OpenvinoSource> Lowering::size_scalar(const Dim& dim) {
  if (const auto constant = dim.constant()) return scalar(static_cast<double>(*constant), DType::kInt64);
  TRY(list, sizes_.size(dim));
  const auto [found, added] = size_scalars_.try_emplace(dim.text());
  if (added) found->second = inner(OpenvinoOpType::kSqueeze, {list, int64s({0})}, {DType::kInt64, {}});
  return found->second;
}

void Lowering::finish() {
  set_path("");
  for (const NamedValue& probe : graph_.probes) model_.probes.push_back(value(probe.value));
  std::set<Source> given;
  std::vector<OpenvinoLayer> results;
  for (const NamedValue& output : graph_.outputs) {
    Source source = value(output.value);
    if (value_name(model_, source) != output.name || !given.insert(source).second) {
      // An input, a constant or an earlier output has another name already: a Convert to its own type copies it.
      const OpenvinoType type = port_type(output.value);
      OpenvinoLayer copy{OpenvinoOpType::kConvert, unique(output.name + "/Convert")};
      copy.attributes = {{"destination_type", element_name(type.dtype)}};
      copy.inputs = {source};
      copy.outputs = {{type, {output.name}}};
      source = Source{add(std::move(copy)), 0};
    }
    results.push_back({OpenvinoOpType::kResult, unique(output.name + "/Result"), {}, {}, {source}, {}});
  }
  for (OpenvinoLayer& result : results) add(std::move(result));
}

}  // namespace modelport::openvino
