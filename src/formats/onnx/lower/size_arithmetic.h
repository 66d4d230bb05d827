#pragma once

#include "formats/size_lowering.h"

namespace modelport::onnx {

class Lowering;

/// Sizes as int64 values of shape [1]: Shape of a graph input, Gather of one axis, then Div, Mul, Add, Min and Max.
/// Constant sizes become initializers and no nodes.
class EmitSizes {
 public:
  using Value = std::string;
  explicit EmitSizes(Lowering& to) : to_(to) {}

  Value constants(const std::vector<int64_t>& sizes);
  Value input_axis(size_t input, size_t axis);
  /// kInvalidArgument for what may be negative: ONNX divides integers towards zero.
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

/// The name of a varying input size in the file, "height" for 32*height/32, and "" when it is not a multiple of one
/// symbol.
std::string size_parameter(const Dim& dim);

}  // namespace modelport::onnx
