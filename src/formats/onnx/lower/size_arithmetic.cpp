#include "formats/onnx/lower/size_arithmetic.h"

#include <fmt/format.h>

#include "formats/onnx/lower/lowering.h"

namespace modelport::onnx {

namespace {

/// A node of no module.
std::string size_node(Lowering& to, OnnxOpType type, std::vector<std::string> inputs,
                      std::vector<OnnxAttribute> attributes = {}) {
  const std::string outer = to.set_path("sizes");
  std::string value = to.inner(type, std::move(inputs), std::move(attributes));
  to.set_path(outer);
  return value;
}

/// Outside of EmitSizes, whose own floor_div hides that of sizes.
Dim quotient(const Dim& dividend, int64_t divisor) { return floor_div(dividend, divisor); }

/// Before opset 12 Min and Max take no integers.
std::string reduced(Lowering& to, OnnxOpType type, std::string a, std::string b) {
  std::string both = size_node(to, OnnxOpType::kConcat, {std::move(a), std::move(b)}, {{"axis", int64_t{0}}});
  return size_node(to, type, {std::move(both)}, {{"axes", std::vector<int64_t>{0}}, {"keepdims", int64_t{1}}});
}

}  // namespace

std::string size_parameter(const Dim& dim) {
  if (dim.terms().size() != 1 || dim.terms()[0].atoms.size() != 1) return {};
  const std::string& symbol = dim.terms()[0].atoms[0]->name;
  const auto factor = multiple_of(dim, symbol);
  if (!factor) return {};
  const std::string divided = fmt::format("/{}", *factor);
  if (*factor > 1 && symbol.ends_with(divided)) return symbol.substr(0, symbol.size() - divided.size());
  return *factor == 1 ? symbol : std::string();
}

std::string EmitSizes::constants(const std::vector<int64_t>& sizes) { return to_.int64s(sizes); }

std::string EmitSizes::input_axis(size_t input, size_t axis) {
  std::string& shape = shapes_[input];
  if (shape.empty()) shape = size_node(to_, OnnxOpType::kShape, {to_.graph().inputs[input].name});
  return size_node(to_, OnnxOpType::kGather, {shape, to_.int64s({static_cast<int64_t>(axis)})}, {{"axis", int64_t{0}}});
}

Result<std::string> EmitSizes::floor_div(std::string a, int64_t divisor, const Dim& dividend) {
  const auto bound = dividend.lower_bound();
  if (!bound || *bound < 0) {
    return fail(ErrorCode::kInvalidArgument, "the size {} may divide a negative number; ONNX rounds that upwards",
                quotient(dividend, divisor).text());
  }
  return size_node(to_, OnnxOpType::kDiv, {std::move(a), to_.int64s({divisor})});
}

std::string EmitSizes::mul(std::string a, std::string b) {
  return size_node(to_, OnnxOpType::kMul, {std::move(a), std::move(b)});
}

std::string EmitSizes::add(std::string a, std::string b) {
  return size_node(to_, OnnxOpType::kAdd, {std::move(a), std::move(b)});
}

std::string EmitSizes::min(std::string a, std::string b) {
  if (to_.opset() < 12) return reduced(to_, OnnxOpType::kReduceMin, std::move(a), std::move(b));
  return size_node(to_, OnnxOpType::kMin, {std::move(a), std::move(b)});
}

std::string EmitSizes::max(std::string a, std::string b) {
  if (to_.opset() < 12) return reduced(to_, OnnxOpType::kReduceMax, std::move(a), std::move(b));
  return size_node(to_, OnnxOpType::kMax, {std::move(a), std::move(b)});
}

std::string EmitSizes::concat(std::vector<std::string> parts, size_t) {
  return to_.inner(OnnxOpType::kConcat, std::move(parts), {{"axis", int64_t{0}}});
}

}  // namespace modelport::onnx
