#pragma once

#include <span>

#include "formats/onnx/onnx_model.h"

namespace modelport::onnx {

/// What the file computes, by the meaning that the ONNX specification (onnx/defs, operators as of the model's opset)
/// gives its nodes. Arithmetic on sizes (Shape, Gather, Mul ... on int64 lists) becomes Dims; an input size "height" of
/// a model whose metadata says stride 32 becomes 32 * symbol "height/32". Values of the file named in `probes` become
/// the graph's probes. kUnsupportedModel, naming the node, for what the catalogue does not hold; kDamaged where
/// declared types of outputs are not what the nodes give.
Result<Graph> raise_onnx(const OnnxModel& model, std::span<const std::string> probes);

}  // namespace modelport::onnx
