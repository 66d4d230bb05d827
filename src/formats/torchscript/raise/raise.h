#pragma once

#include "formats/torchscript/torch_model.h"

namespace modelport::torchscript {

/// What the archive's code computes. Expressions named in `probes` (an output's name, or the text of a local) become
/// probes.
Result<Graph> raise_torch(const TorchModel& model, std::span<const std::string> probes);

}  // namespace modelport::torchscript
