#pragma once

#include <memory>

#include "formats/torchscript/torch_model.h"
#include "io/mapped_file.h"

namespace modelport::torchscript {

/// Reads an archive of the grammar of layout.h; buffers stay views of the file. kDamaged for what contradicts itself,
/// kUnsupportedModel for code or members that this project does not write.
Result<std::shared_ptr<const TorchModel>> read_torch(std::shared_ptr<const MappedFile> file);

}  // namespace modelport::torchscript
