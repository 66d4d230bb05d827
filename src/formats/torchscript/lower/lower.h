#pragma once

#include <memory>

#include "formats/torchscript/torch_model.h"

namespace modelport::torchscript {

/// The graph in operators that torch has. kInvalidArgument: an operator that it cannot hold.
Result<Graph> legalize_torch(const Graph& graph);

/// The graph as the class of an archive. kInvalidArgument for what torch cannot hold, naming the module.
Result<std::shared_ptr<const TorchModel>> lower_torch(const SourceModel& source, const Graph& graph);

}  // namespace modelport::torchscript
