#pragma once

#include <string>
#include <vector>

namespace modelport {

/// Which layers of a `half` export stay float32, and how much of it is float16.
struct PrecisionReport {
  struct Kept {
    std::string layer, reason;  ///< "model.0.conv", "reaches 7.1e4"
  };
  std::vector<Kept> kept_float32;
  double float16_weight_share = 0.0;          ///< Of the bytes of weights.
  double float16_multiplication_share = 0.0;  ///< Of the multiplications at the exported size.
};

}  // namespace modelport
