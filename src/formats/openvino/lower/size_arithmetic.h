#pragma once

#include "formats/openvino/openvino_model.h"
#include "formats/size_lowering.h"

namespace modelport::openvino {

class Lowering;

/// Sizes as int64 values of shape [1]: ShapeOf of an input, Gather of one axis, then Divide, Multiply, Add, Minimum and
/// Maximum. Constant sizes become Consts and nothing else.
class EmitSizes {
 public:
  using Value = OpenvinoSource;
  explicit EmitSizes(Lowering& to) : to_(to) {}

  Value constants(const std::vector<int64_t>& sizes);
  Value input_axis(size_t input, size_t axis);
  Result<Value> floor_div(Value a, int64_t divisor, const Dim& dividend);
  Value mul(Value a, Value b);
  Value add(Value a, Value b);
  Value min(Value a, Value b);
  Value max(Value a, Value b);
  Value keep(Value value) { return value; }
  Value concat(std::vector<Value> parts, size_t count);

 private:
  Lowering& to_;
  std::map<size_t, Value> shapes_;  ///< By input.
};

}  // namespace modelport::openvino
