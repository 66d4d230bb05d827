#pragma once

#include "ops/graph_builder.h"

/// Softmax's relatives, along one axis. GraphBuilder has softmax itself.
namespace modelport {

ValueId log_softmax(GraphBuilder& b, ValueId x, int64_t axis);
/// Softmax of -x.
ValueId softmin(GraphBuilder& b, ValueId x, int64_t axis);

}  // namespace modelport
