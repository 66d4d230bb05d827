#pragma once

#include "formats/size_lowering.h"
#include "formats/torchscript/torch_code.h"

namespace modelport::torchscript {

class Lowering;

/// Sizes as ints of the code: torch.size of an input, then // and * and +, min and max. What is read several times is a
/// local.
class EmitSizes {
 public:
  using Value = TorchExpression;
  explicit EmitSizes(Lowering& to) : to_(to) {}

  Value constants(const std::vector<int64_t>& sizes);
  Value input_axis(size_t input, size_t axis);
  Result<Value> floor_div(Value a, int64_t divisor, const Dim& dividend);
  Value mul(Value a, Value b);
  Value add(Value a, Value b);
  Value min(Value a, Value b);
  Value max(Value a, Value b);
  Value keep(Value value);

 private:
  Lowering& to_;
};

}  // namespace modelport::torchscript
