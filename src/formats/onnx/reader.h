#pragma once

#include <memory>
#include <span>

#include "formats/onnx/onnx_model.h"

namespace modelport::onnx {

/// What to do with a protobuf field that layout.h does not name: files written by this project have none.
enum class UnknownFields { kRefuse, kSkip };

/// The model in `bytes`, with initializers as views of them (`owner` keeps them alive). Nothing declared in the file is
/// believed before it was compared with the bytes that are there. kDamaged with the byte offset for malformed files;
/// kUnsupportedModel, naming it, for what ONNX allows and this project does not read: other operators and domains,
/// subgraphs, external data, types that are not dense tensors.
Result<std::shared_ptr<const OnnxModel>> read_onnx(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                                                   UnknownFields unknown);

/// The same for a file, mapped.
Result<std::shared_ptr<const OnnxModel>> read_onnx_file(const std::string& path, UnknownFields unknown);

}  // namespace modelport::onnx
