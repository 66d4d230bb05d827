#pragma once

#include <string>

#include "base/json.h"
#include "source/architecture.h"

namespace modelport {

struct Inspection {
  /// `exportable` "yes" or "no"; where a model can be made of the checkpoint: model, task, classes, inputs and outputs
  /// with shapes at the exported size, operators and how often; where it is no: `reason`, the sentence that an export
  /// would end with.
  Json report;
  Status outcome;  ///< What an export would end with, but for its numbers.
};

/// How a checkpoint would be translated and whether an export to ONNX would come as far as its proof. `export_config`
/// as for an export to ONNX; "" for the defaults. The errors of an export_config that is not valid.
Result<Inspection> inspect_translation(const Trainer& trainer, const std::string& checkpoint_path,
                                       const std::string& export_config);

}  // namespace modelport
