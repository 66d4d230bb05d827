#pragma once

#include <memory>

#include "formats/openvino/openvino_model.h"
#include "io/mapped_file.h"

namespace modelport::openvino {

/// Reads an IR: the XML in `xml`, constants as views of `weights`. kDamaged for what contradicts the grammar of
/// layout.h, itself or the size of the weights; kUnsupportedModel for operations this project does not know.
Result<std::shared_ptr<const OpenvinoModel>> read_openvino(std::span<const std::byte> xml,
                                                           std::shared_ptr<const MappedFile> weights);

/// Reads model.xml at `path`, and the weights beside it.
Result<std::shared_ptr<const OpenvinoModel>> read_openvino_file(const std::string& path);

}  // namespace modelport::openvino
