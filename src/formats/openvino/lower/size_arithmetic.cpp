#include "formats/openvino/lower/size_arithmetic.h"

#include "formats/openvino/lower/lowering.h"

namespace modelport::openvino {

namespace {

OpenvinoType sizes_type(size_t count) { return {DType::kInt64, {static_cast<int64_t>(count)}}; }

/// A layer of no module.
OpenvinoSource size_layer(Lowering& to, OpenvinoOpType type, std::vector<OpenvinoSource> inputs, OpenvinoType output,
                          Lowering::Attributes attributes) {
  const std::string outer = to.set_path("sizes");
  const OpenvinoSource value = to.inner(type, std::move(inputs), std::move(output), std::move(attributes));
  to.set_path(outer);
  return value;
}

OpenvinoSource arithmetic(Lowering& to, OpenvinoOpType type, OpenvinoSource a, OpenvinoSource b) {
  return size_layer(to, type, {a, b}, sizes_type(1), {{"auto_broadcast", "numpy"}});
}

}  // namespace

OpenvinoSource EmitSizes::constants(const std::vector<int64_t>& sizes) { return to_.int64s(sizes); }

OpenvinoSource EmitSizes::input_axis(size_t input, size_t axis) {
  const ValueId source = to_.graph().inputs[input].value;
  const auto [shape, added] = shapes_.try_emplace(input);
  if (added) {
    shape->second = size_layer(to_, OpenvinoOpType::kShapeOf, {to_.value(source)}, sizes_type(to_.shape(source).size()),
                               {{"output_type", "i64"}});
  }
  const OpenvinoSource at = to_.int64s({static_cast<int64_t>(axis)});
  return size_layer(to_, OpenvinoOpType::kGather, {shape->second, at, to_.scalar(0, DType::kInt64)}, sizes_type(1),
                    {{"batch_dims", "0"}});
}

Result<OpenvinoSource> EmitSizes::floor_div(OpenvinoSource a, int64_t divisor, const Dim&) {
  return size_layer(to_, OpenvinoOpType::kDivide, {a, to_.int64s({divisor})}, sizes_type(1),
                    {{"auto_broadcast", "numpy"}, {"m_pythondiv", "true"}});
}

OpenvinoSource EmitSizes::mul(OpenvinoSource a, OpenvinoSource b) {
  return arithmetic(to_, OpenvinoOpType::kMultiply, a, b);
}
OpenvinoSource EmitSizes::add(OpenvinoSource a, OpenvinoSource b) {
  return arithmetic(to_, OpenvinoOpType::kAdd, a, b);
}
OpenvinoSource EmitSizes::min(OpenvinoSource a, OpenvinoSource b) {
  return arithmetic(to_, OpenvinoOpType::kMinimum, a, b);
}
OpenvinoSource EmitSizes::max(OpenvinoSource a, OpenvinoSource b) {
  return arithmetic(to_, OpenvinoOpType::kMaximum, a, b);
}

OpenvinoSource EmitSizes::concat(std::vector<OpenvinoSource> parts, size_t count) {
  return to_.inner(OpenvinoOpType::kConcat, std::move(parts), sizes_type(count), {{"axis", "0"}});
}

}  // namespace modelport::openvino
