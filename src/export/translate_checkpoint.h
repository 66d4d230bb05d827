#pragma once

#include "source/architecture.h"

namespace modelport {

/// The model of a checkpoint as `request` asks for it: the literal translation, with everything in the checkpoint
/// accounted for, suppression behind it and preprocessing before it where asked, verified. Errors carry the
/// checkpoint's file name; where no architecture matches, the trainer explains why.
Result<SourceModel> translate_checkpoint(const Trainer& trainer, const Checkpoint& checkpoint,
                                         const BuildRequest& request);

}  // namespace modelport
