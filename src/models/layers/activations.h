#pragma once

#include "checkpoint/module_view.h"
#include "ops/graph_builder.h"

/// torch.nn activations of one input, each with the attributes that its forward reads.
namespace modelport {

Result<ValueId> elu(GraphBuilder& b, const ModuleView& module, ValueId x);
/// `approximate` 'none' or 'tanh'.
Result<ValueId> gelu(GraphBuilder& b, const ModuleView& module, ValueId x);
Result<ValueId> hard_sigmoid(GraphBuilder& b, const ModuleView& module, ValueId x);
Result<ValueId> hard_swish(GraphBuilder& b, const ModuleView& module, ValueId x);
/// Hardtanh and ReLU6, which inherits its forward and its bounds.
Result<ValueId> hard_tanh(GraphBuilder& b, const ModuleView& module, ValueId x);
Result<ValueId> identity(GraphBuilder& b, const ModuleView& module, ValueId x);
Result<ValueId> leaky_relu(GraphBuilder& b, const ModuleView& module, ValueId x);
Result<ValueId> mish(GraphBuilder& b, const ModuleView& module, ValueId x);
Result<ValueId> relu(GraphBuilder& b, const ModuleView& module, ValueId x);
Result<ValueId> sigmoid(GraphBuilder& b, const ModuleView& module, ValueId x);
Result<ValueId> silu(GraphBuilder& b, const ModuleView& module, ValueId x);
/// beta = 1 and threshold = 20, its defaults; others are refused.
Result<ValueId> softplus(GraphBuilder& b, const ModuleView& module, ValueId x);
Result<ValueId> tanh(GraphBuilder& b, const ModuleView& module, ValueId x);

}  // namespace modelport
