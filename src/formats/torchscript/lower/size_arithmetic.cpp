#include "formats/torchscript/lower/size_arithmetic.h"

#include "formats/torchscript/lower/lowering.h"

namespace modelport::torchscript {

TorchExpression EmitSizes::constants(const std::vector<int64_t>& sizes) { return TorchExpression::of(sizes[0]); }

TorchExpression EmitSizes::input_axis(size_t input, size_t axis) {
  const TorchExpression source = to_.value(to_.graph().inputs[input].value);
  return to_.local("size",
                   TorchExpression::call("torch.size", {source, TorchExpression::of(static_cast<int64_t>(axis))}));
}

Result<TorchExpression> EmitSizes::floor_div(TorchExpression a, int64_t divisor, const Dim&) {
  return TorchExpression::call("torch.floordiv", {std::move(a), TorchExpression::of(divisor)});
}

TorchExpression EmitSizes::mul(TorchExpression a, TorchExpression b) {
  return TorchExpression::call("torch.mul", {std::move(a), std::move(b)});
}
TorchExpression EmitSizes::add(TorchExpression a, TorchExpression b) {
  return TorchExpression::call("torch.add", {std::move(a), std::move(b)});
}
TorchExpression EmitSizes::min(TorchExpression a, TorchExpression b) {
  return TorchExpression::call("ops.prim.min", {std::move(a), std::move(b)});
}
TorchExpression EmitSizes::max(TorchExpression a, TorchExpression b) {
  return TorchExpression::call("ops.prim.max", {std::move(a), std::move(b)});
}

TorchExpression EmitSizes::keep(TorchExpression value) {
  if (value.kind == TorchExpression::Kind::kName) return value;
  return to_.local("size", std::move(value));
}

}  // namespace modelport::torchscript
