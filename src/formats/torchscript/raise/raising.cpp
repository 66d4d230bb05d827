#include "formats/torchscript/raise/raising.h"

#include <fmt/format.h>

#include <algorithm>

#include "formats/torchscript/layout.h"

namespace modelport::torchscript {

Error TorchCall::unsupported(std::string_view what) const {
  return fail(ErrorCode::kUnsupportedModel, "{}: {}", call_.text, what);
}

Status TorchCall::require(size_t count, std::initializer_list<std::string_view> keywords) const {
  if (arguments_.size() != count)
    return unsupported(fmt::format("{} arguments are read, it has {}", count, arguments_.size()));
  for (const auto& [name, value] : keywords_) {
    if (std::ranges::find(keywords, name) == keywords.end())
      return unsupported(fmt::format("the argument {} is not read", name));
  }
  return {};
}

template <class T>
Result<T> TorchCall::get(size_t index, std::string_view what) const {
  if (!holds<T>(index)) return unsupported(fmt::format("argument {} is no {}", index + 1, what));
  return std::get<T>(arguments_[index].value);
}

Result<ValueId> TorchCall::tensor(size_t index) const { return get<ValueId>(index, "tensor"); }

Result<std::optional<ValueId>> TorchCall::optional_tensor(size_t index) const {
  if (is_none(index)) return std::optional<ValueId>();
  TRY(value, tensor(index));
  return std::optional(value);
}

Result<ValueId> TorchCall::operand(size_t index, ValueId like) {
  if (is_tensor(index)) return tensor(index);
  const DType dtype = builder_.type(like).dtype;
  TRY(value, number(index));
  const WeightRecipe exact =
      is_float(dtype) ? WeightRecipe::source(Tensor::from_doubles({}, {value}), "literal")
                      : WeightRecipe::source(Tensor::from_int64s({}, {static_cast<int64_t>(value)}), "literal");
  return builder_.constant(exact.convert(dtype));
}

Result<Dim> TorchCall::size(size_t index) const { return get<Dim>(index, "size"); }

Result<std::vector<Dim>> TorchCall::sizes(size_t index) const {
  TRY(list, get<TorchRaised::List>(index, "list of sizes"));
  std::vector<Dim> sizes;
  for (const TorchRaised& each : list) {
    const Dim* size = std::get_if<Dim>(&each.value);
    if (size == nullptr) return unsupported(fmt::format("argument {} is no list of sizes", index + 1));
    sizes.push_back(*size);
  }
  return sizes;
}

Result<int64_t> TorchCall::integer(size_t index) const {
  TRY(value, size(index));
  const auto constant = value.constant();
  if (!constant) return unsupported(fmt::format("argument {} is not constant", index + 1));
  return *constant;
}

Result<std::vector<int64_t>> TorchCall::integers(size_t index) const {
  TRY(list, sizes(index));
  std::vector<int64_t> values;
  for (const Dim& each : list) {
    const auto constant = each.constant();
    if (!constant) return unsupported(fmt::format("argument {} is not constant", index + 1));
    values.push_back(*constant);
  }
  return values;
}

Result<Size2> TorchCall::pair(size_t index) const {
  TRY(values, integers(index));
  if (values.size() != 2) return unsupported(fmt::format("argument {} has not two elements", index + 1));
  return Size2{values[0], values[1]};
}

Result<int64_t> TorchCall::as_axis(int64_t number, size_t rank) const {
  const auto size = static_cast<int64_t>(rank);
  if (number < -size || number >= size)
    return unsupported(fmt::format("axis {} is outside a value of rank {}", number, rank));
  return number < 0 ? number + size : number;
}

Result<int64_t> TorchCall::axis(size_t index, size_t rank) const {
  TRY(axis, integer(index));
  return as_axis(axis, rank);
}

Result<std::vector<int64_t>> TorchCall::axes(size_t index, size_t rank) const {
  TRY(axes, integers(index));
  for (int64_t& axis : axes) {
    TRY(counted, as_axis(axis, rank));
    axis = counted;
  }
  std::ranges::sort(axes);
  return axes;
}

Result<double> TorchCall::number(size_t index) const {
  if (holds<double>(index)) return std::get<double>(arguments_[index].value);
  TRY(value, integer(index));
  return static_cast<double>(value);
}

Result<std::vector<double>> TorchCall::numbers(size_t index) const {
  TRY(list, get<TorchRaised::List>(index, "list of numbers"));
  std::vector<double> values;
  for (const TorchRaised& each : list) {
    const double* value = std::get_if<double>(&each.value);
    if (value == nullptr) return unsupported(fmt::format("argument {} is no list of floats", index + 1));
    values.push_back(*value);
  }
  return values;
}

Result<bool> TorchCall::truth(size_t index) const { return get<bool>(index, "bool"); }

Result<std::vector<ValueId>> TorchCall::tensors(size_t index) const {
  TRY(list, get<TorchRaised::List>(index, "list of tensors"));
  std::vector<ValueId> values;
  for (const TorchRaised& each : list) {
    const ValueId* value = std::get_if<ValueId>(&each.value);
    if (value == nullptr) return unsupported(fmt::format("argument {} is no list of tensors", index + 1));
    values.push_back(*value);
  }
  return values;
}

Result<DType> TorchCall::as_dtype(const TorchRaised& value) const {
  if (const DType* dtype = std::get_if<DType>(&value.value)) return *dtype;
  const Dim* number = std::get_if<Dim>(&value.value);
  const auto dtype =
      number != nullptr && number->is_constant() ? layout::dtype_of_number(*number->constant()) : std::nullopt;
  if (!dtype) return unsupported("a dtype is none that is read");
  return *dtype;
}

Result<DType> TorchCall::dtype(size_t index) const {
  if (index >= arguments_.size()) return unsupported("a dtype is missing");
  return as_dtype(arguments_[index]);
}

Result<DType> TorchCall::dtype_keyword(std::string_view name) const {
  const TorchRaised* value = keyword(name);
  return value == nullptr ? unsupported(fmt::format("{} is missing", name)) : as_dtype(*value);
}

const TorchRaised* TorchCall::keyword(std::string_view name) const {
  const auto found = keywords_.find(std::string(name));
  return found == keywords_.end() ? nullptr : &found->second;
}

Result<bool> TorchCall::truth_keyword(std::string_view name) const {
  const TorchRaised* value = keyword(name);
  const bool* truth = value == nullptr ? nullptr : std::get_if<bool>(&value->value);
  if (truth == nullptr) return unsupported(fmt::format("{} is no bool", name));
  return *truth;
}

Result<int64_t> TorchCall::axis_keyword(std::string_view name, size_t rank) const {
  const TorchRaised* value = keyword(name);
  const Dim* number = value == nullptr ? nullptr : std::get_if<Dim>(&value->value);
  if (number == nullptr || !number->is_constant()) return unsupported(fmt::format("{} is no int", name));
  return as_axis(*number->constant(), rank);
}

Result<std::string> TorchCall::text_keyword(std::string_view name) const {
  const TorchRaised* value = keyword(name);
  if (value == nullptr) return std::string();
  const auto* text = std::get_if<std::string>(&value->value);
  if (text == nullptr) return unsupported(fmt::format("{} is no text", name));
  return *text;
}

}  // namespace modelport::torchscript
