#pragma once

#include <map>
#include <string>

#include "tensor/tensor.h"
#include "vision/contract.h"

namespace modelport {

/// What OpenCV, Pillow and Ultralytics made of the same pictures and outputs: recorded.safetensors of this folder, made
/// by tests/oracle/record_vision.py. Fails the test where there is none of that name.
Tensor recorded_vision(const std::string& name);
/// Names that begin with `prefix`, without it.
std::vector<std::string> recorded_vision_names(const std::string& prefix);

/// Path of a file below tests/.
std::string test_file(const std::string& name);

/// The contract of the recorded outputs: input 64 x 96, letterboxed, `classes` of them.
ArtifactContract recorded_contract(PredictionKind kind, int64_t classes);

/// Largest difference of two arrays of floats; infinity where sizes differ.
double largest_difference(std::span<const float> a, std::span<const float> b);

}  // namespace modelport
