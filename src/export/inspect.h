#pragma once

#include <string>

#include "base/json.h"
#include "source/architecture.h"

namespace modelport {

/// How a checkpoint would be translated: model, task, classes, inputs and outputs with shapes at the exported size,
/// operators and how often, parameters. `export_config` as for an export to ONNX; "" for the defaults. The errors of a
/// translation.
Result<Json> inspect_translation(const Trainer& trainer, const std::string& checkpoint_path,
                                 const std::string& export_config);

}  // namespace modelport
