#pragma once

#include "formats/onnx/onnx_model.h"
#include "formats/onnx/options.h"

namespace modelport::onnx {

/// The graph as an ONNX model for `options.opset_version`. kInvalidArgument: an opset or ir_version that is not
/// written, or an operator that this opset cannot hold.
Result<std::shared_ptr<const OnnxModel>> lower_onnx(const SourceModel& source, const Graph& graph,
                                                    const OnnxOptions& options);

/// The graph with every operator that this opset lacks replaced by its decomposition. kInvalidArgument naming the
/// operator, its module and the opset that would do.
Result<Graph> legalize_onnx(const Graph& graph, int64_t opset);

}  // namespace modelport::onnx
