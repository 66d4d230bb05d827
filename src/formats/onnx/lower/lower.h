#pragma once

#include "formats/onnx/onnx_model.h"
#include "formats/onnx/options.h"

namespace modelport::onnx {

/// The graph as an ONNX model for `options.opset_version`. kInvalidArgument: an opset or ir_version that is not
/// written, or an operator that this opset cannot hold.
Result<std::shared_ptr<const OnnxModel>> lower_onnx(const SourceModel& source, const Graph& graph,
                                                    const OnnxOptions& options);

}  // namespace modelport::onnx
