#pragma once

#include <optional>

#include "export/artifact_facts.h"

namespace modelport {

/// Of the bytes of a file's floating-point weights (ONNX initializers and constants, OpenVINO constants, tensors of a
/// TorchScript archive's data.pkl) the part that is float16. Whoever wrote the file; nothing where it does not tell.
std::optional<double> float16_weight_share(const ArtifactFacts& facts);

}  // namespace modelport
