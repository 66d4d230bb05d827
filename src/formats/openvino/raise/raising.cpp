#include "formats/openvino/raise/raising.h"

#include <charconv>

#include "formats/openvino/layout.h"

namespace modelport::openvino {

namespace {

template <class T>
std::optional<T> parsed(std::string_view text) {
  T value{};
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  return result.ec == std::errc() && result.ptr == end ? std::optional(value) : std::nullopt;
}

bool is_of_type(const OpenvinoType& declared, const ValueType& type) {
  bool same = declared.dtype == type.dtype && declared.shape.size() == type.shape.size();
  for (size_t axis = 0; same && axis < type.shape.size(); ++axis) {
    const int64_t size = declared.shape[axis];
    same = size == layout::kVaryingSize ? !type.shape[axis].is_constant() : type.shape[axis] == Dim(size);
  }
  return same;
}

}  // namespace

const RaisedValue* Raising::input(size_t index) const {
  if (index >= input_count()) return nullptr;
  const auto found = raised_.find(layer().inputs[index]);
  return found == raised_.end() ? nullptr : &found->second;
}

Result<ValueId> Raising::at(OpenvinoSource source) {
  const auto found = raised_.find(source);
  if (found == raised_.end())
    return fail(ErrorCode::kUnsupportedModel, "the value '{}' is not one that is read", value_name(model_, source));
  RaisedValue& its = found->second;
  if (!its.value && its.constant != nullptr) its.value = builder_.constant(*its.constant);
  if (!its.value) {
    return fail(ErrorCode::kUnsupportedModel, "the value '{}' is a list of sizes or of kept boxes and is used as data",
                value_name(model_, source));
  }
  return *its.value;
}

Result<ValueId> Raising::value(size_t index) {
  if (index >= input_count()) return unsupported(fmt::format("input {} is missing", index));
  return at(layer().inputs[index]).in(layer().name);
}

Result<ValueId> Raising::reshaped(size_t index, const SymbolicShape& shape) {
  const RaisedValue* its = input(index);
  if (its != nullptr && its->constant != nullptr) {
    TRY(concrete, evaluate_shape(shape, {}));
    return builder_.constant(its->constant->reshape(std::move(concrete)));
  }
  TRY(x, value(index));
  return builder_.reshape(x, shape);
}

Result<int64_t> Raising::axis(size_t index, size_t rank) const {
  TRY(axis, integer(index, "the axis"));
  return axis_of(axis, rank, "axis");
}

const std::string* Raising::attribute(std::string_view name) const {
  for (const OpenvinoAttribute& each : layer().attributes) {
    if (each.name == name) return &each.value;
  }
  return nullptr;
}

std::string Raising::text_attribute(std::string_view name, std::string_view if_missing) const {
  const std::string* found = attribute(name);
  return found != nullptr ? *found : std::string(if_missing);
}

Result<double> Raising::float_attribute(std::string_view name) const {
  const std::string* found = attribute(name);
  const auto number = found != nullptr ? parsed<double>(*found) : std::nullopt;
  if (!number) return unsupported(fmt::format("{} is not a number", name));
  return *number;
}

Result<std::vector<int64_t>> Raising::ints_attribute(std::string_view name) const {
  const std::string* found = attribute(name);
  if (found == nullptr) return unsupported(fmt::format("{} is missing", name));
  std::vector<int64_t> out;
  std::string_view rest = *found;
  while (!rest.empty()) {
    const size_t comma = std::min(rest.find(','), rest.size());
    std::string_view part = rest.substr(0, comma);
    while (part.starts_with(' ')) part.remove_prefix(1);
    const auto number = parsed<int64_t>(part);
    if (!number) return unsupported(fmt::format("{} is '{}', not a list of integers", name, *found));
    out.push_back(*number);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return out;
}

Result<int64_t> Raising::axis_attribute(std::string_view name, size_t rank) const {
  TRY(list, ints_attribute(name));
  const auto size = static_cast<int64_t>(rank);
  if (list.size() != 1 || list[0] < -size || list[0] >= size)
    return unsupported(fmt::format("{} is outside a value of rank {}", name, rank));
  return list[0] < 0 ? list[0] + size : list[0];
}

Status Raising::require_declared_types() const {
  for (size_t output = 0; output < layer().outputs.size(); ++output) {
    const OpenvinoType& declared = layer().outputs[output].type;
    const auto found = raised_.find({at_, static_cast<uint32_t>(output)});
    if (found == raised_.end()) continue;
    const RaisedValue& its = found->second;
    std::string given;
    if (its.value) {
      const ValueType& type = builder_.type(*its.value);
      if (is_of_type(declared, type)) continue;
      given = fmt::format("{}{}", dtype_name(type.dtype), shape_text(type.shape));
    } else if (its.sizes && its.constant == nullptr) {
      const auto count = element_count(declared.shape);
      if (!is_float(declared.dtype) && declared.shape.size() <= 1 && count == static_cast<int64_t>(its.sizes->size()))
        continue;
      given = fmt::format("{} sizes", its.sizes->size());
    } else {
      continue;
    }
    return fail(ErrorCode::kDamaged, "its output {} is declared as {} and it gives {}", output, print_type(declared),
                given)
        .in(layer().name);
  }
  return {};
}

Error Raising::unsupported(std::string_view what) const {
  return fail(ErrorCode::kUnsupportedModel, "{}", what)
      .in(fmt::format("{} ({})", layer().name, openvino_op(layer().type).name));
}

}  // namespace modelport::openvino
