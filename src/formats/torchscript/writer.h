#pragma once

#include "formats/torchscript/torch_model.h"

namespace modelport::torchscript {

/// Streams the archive: storages are converted from their recipes while being written.
Status write_torch(const TorchModel& model, ArtifactSink& sink);

/// What was written at `path`, with another code.
Result<std::vector<std::byte>> torch_archive_with_code(const std::string& path, const TorchCode& code);

}  // namespace modelport::torchscript
