#pragma once

#include "formats/onnx/onnx_model.h"

namespace modelport::onnx {

/// Streams the model as a protobuf message. kUnsupportedModel when it is beyond protobuf's 2 GiB; else the sink's
/// error.
Status write_onnx(const OnnxModel& model, ArtifactSink& sink);

/// Bytes that, appended to a file of this model, declare its probes as further outputs: protobuf merges a repeated
/// embedded message (here ModelProto.graph) with the first by appending its lists.
std::vector<std::byte> onnx_twin_suffix(const OnnxModel& model);

}  // namespace modelport::onnx
