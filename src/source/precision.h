#pragma once

#include "tensor/dtype.h"

namespace modelport {

/// In which dtype an artifact holds its weights, and in which it computes with them. Inputs and outputs are float32 in
/// any, and so is what a chosen precision cannot hold (PrecisionReport).
struct Precision {
  DType weights = DType::kFloat32;
  DType arithmetic = DType::kFloat32;

  /// Whether weights are other than the checkpoint's, however exactly everything else is done.
  bool rounds_weights() const { return weights != DType::kFloat32; }

  friend bool operator==(const Precision&, const Precision&) = default;
};

}  // namespace modelport
