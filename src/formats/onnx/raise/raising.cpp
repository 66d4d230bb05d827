#include "formats/onnx/raise/raising.h"

#include <algorithm>
#include <charconv>

namespace modelport::onnx {

namespace {

int64_t stride_in_metadata(const OnnxModel& model) {
  for (const auto& [key, value] : model.metadata_props) {
    int64_t stride = 1;
    if (key == "stride" && std::from_chars(value.data(), value.data() + value.size(), stride).ec == std::errc() &&
        stride >= 1)
      return stride;
  }
  return 1;
}

Dim declared_size(const OnnxDim& size, int64_t stride) {
  if (const auto* fixed = std::get_if<int64_t>(&size)) return Dim(*fixed);
  const std::string& name = std::get<std::string>(size);
  if (stride > 1 && (name == "height" || name == "width"))
    return Dim(stride) * Dim::symbol(fmt::format("{}/{}", name, stride));
  return Dim::symbol(name);
}

}  // namespace

Result<Raising> Raising::begin(const OnnxModel& model) {
  Raising raising(model);
  const int64_t stride = stride_in_metadata(model);
  for (const OnnxValueInfo& input : model.inputs) {
    ValueType type{input.dtype, {}};
    for (const OnnxDim& size : input.shape) type.shape.push_back(declared_size(size, stride));
    raising.values_[input.name].value = raising.builder_.input(input.name, std::move(type));
  }
  for (const OnnxInitializer& initializer : model.initializers) {
    raising.values_[initializer.name].set_constant(initializer.data);
  }
  return raising;
}

bool Raising::has_input(size_t index) const { return index < node_->inputs.size() && !node_->inputs[index].empty(); }

Result<ValueId> Raising::named(const std::string& name) {
  const auto found = values_.find(name);
  if (found == values_.end())
    return fail(ErrorCode::kDamaged, "the value '{}' is used before anything computes it", name);
  RaisedValue& raised = found->second;
  if (!raised.value && raised.constant != nullptr) raised.value = builder_.constant(*raised.constant);
  if (!raised.value)
    return fail(ErrorCode::kUnsupportedModel, "the value '{}' is a list of sizes and is used as data", name);
  return *raised.value;
}

Result<ValueId> Raising::value(size_t index) {
  if (!has_input(index)) return unsupported(fmt::format("input {} is missing", index));
  return named(node_->inputs[index]);
}

const RaisedValue* Raising::input(size_t index) const {
  const auto found = has_input(index) ? values_.find(node_->inputs[index]) : values_.end();
  return found != values_.end() ? &found->second : nullptr;
}

const OnnxAttribute* Raising::attribute(std::string_view name) const {
  for (const OnnxAttribute& each : node_->attributes) {
    if (each.name == name) return &each;
  }
  return nullptr;
}

int64_t Raising::int_attribute(std::string_view name, int64_t if_missing) const {
  const OnnxAttribute* found = attribute(name);
  const auto* value = found != nullptr ? std::get_if<int64_t>(&found->value) : nullptr;
  return value != nullptr ? *value : if_missing;
}

double Raising::float_attribute(std::string_view name, double if_missing) const {
  const OnnxAttribute* found = attribute(name);
  const auto* value = found != nullptr ? std::get_if<float>(&found->value) : nullptr;
  return value != nullptr ? static_cast<double>(*value) : if_missing;
}

std::string Raising::string_attribute(std::string_view name, std::string_view if_missing) const {
  const OnnxAttribute* found = attribute(name);
  const auto* value = found != nullptr ? std::get_if<std::string>(&found->value) : nullptr;
  return value != nullptr ? *value : std::string(if_missing);
}

std::optional<std::vector<int64_t>> Raising::ints_attribute(std::string_view name) const {
  const OnnxAttribute* found = attribute(name);
  const auto* value = found != nullptr ? std::get_if<std::vector<int64_t>>(&found->value) : nullptr;
  return value != nullptr ? std::optional(*value) : std::nullopt;
}

Result<int64_t> Raising::axis_attribute(std::string_view name, int64_t if_missing, size_t rank) const {
  return axis_of(int_attribute(name, if_missing), rank, name);
}

Error Raising::unsupported(std::string_view what) const {
  return fail(ErrorCode::kUnsupportedModel, "{}", what)
      .in(fmt::format("{} ({})", node_->name, kOnnxOpNames[static_cast<size_t>(node_->type)]));
}

}  // namespace modelport::onnx
