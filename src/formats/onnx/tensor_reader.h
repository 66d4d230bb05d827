#pragma once

#include <memory>

#include "formats/onnx/onnx_model.h"
#include "formats/onnx/wire_reader.h"

namespace modelport::onnx {

/// Reads a TensorProto. `raw_data` stays a view of the file; the typed lists (float_data, int32_data ...) are
/// converted. The number of elements must be what the shape says. `skip_unknown` is asked about every other field.
Result<OnnxInitializer> read_tensor(WireReader reader, std::shared_ptr<const void> owner,
                                    Status (*skip_unknown)(const WireField& field, std::string_view message));

}  // namespace modelport::onnx
