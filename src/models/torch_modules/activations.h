#pragma once

#include "modules/module_view.h"
#include "ops/graph_builder.h"

/// torch.nn activations of one input, each with the attributes that its forward reads (torch/nn/modules/activation.py).
namespace modelport {

/// `alpha` above 0; others are refused.
Result<ValueId> celu(GraphBuilder& b, const ModuleView& module, ValueId x);
Result<ValueId> elu(GraphBuilder& b, const ModuleView& module, ValueId x);
/// `approximate` 'none' or 'tanh'.
Result<ValueId> gelu(GraphBuilder& b, const ModuleView& module, ValueId x);
/// Half of the axis `dim`, times the sigmoid of the other half.
Result<ValueId> glu(GraphBuilder& b, const ModuleView& module, ValueId x);
/// x outside [-lambd, lambd], else 0.
Result<ValueId> hard_shrink(GraphBuilder& b, const ModuleView& module, ValueId x);
Result<ValueId> hard_sigmoid(GraphBuilder& b, const ModuleView& module, ValueId x);
Result<ValueId> hard_swish(GraphBuilder& b, const ModuleView& module, ValueId x);
/// Hardtanh and ReLU6, which inherits its forward and its bounds.
Result<ValueId> hard_tanh(GraphBuilder& b, const ModuleView& module, ValueId x);
Result<ValueId> identity(GraphBuilder& b, const ModuleView& module, ValueId x);
Result<ValueId> leaky_relu(GraphBuilder& b, const ModuleView& module, ValueId x);
Result<ValueId> log_sigmoid(GraphBuilder& b, const ModuleView& module, ValueId x);
Result<ValueId> mish(GraphBuilder& b, const ModuleView& module, ValueId x);
/// One slope, or one of each channel (axis 1).
Result<ValueId> prelu(GraphBuilder& b, const ModuleView& module, ValueId x);
Result<ValueId> relu(GraphBuilder& b, const ModuleView& module, ValueId x);
/// In evaluation mode: a leaky ReLU with the middle of `lower` and `upper`.
Result<ValueId> rrelu(GraphBuilder& b, const ModuleView& module, ValueId x);
Result<ValueId> selu(GraphBuilder& b, const ModuleView& module, ValueId x);
Result<ValueId> sigmoid(GraphBuilder& b, const ModuleView& module, ValueId x);
Result<ValueId> silu(GraphBuilder& b, const ModuleView& module, ValueId x);
/// log(1 + exp(beta x)) / beta, and x itself where beta x is above `threshold`.
Result<ValueId> softplus(GraphBuilder& b, const ModuleView& module, ValueId x);
/// x moved towards 0 by `lambd`, to 0 at most.
Result<ValueId> soft_shrink(GraphBuilder& b, const ModuleView& module, ValueId x);
Result<ValueId> softsign(GraphBuilder& b, const ModuleView& module, ValueId x);
Result<ValueId> tanh(GraphBuilder& b, const ModuleView& module, ValueId x);
Result<ValueId> tanh_shrink(GraphBuilder& b, const ModuleView& module, ValueId x);
/// x above `threshold`, else `value`.
Result<ValueId> threshold(GraphBuilder& b, const ModuleView& module, ValueId x);

}  // namespace modelport
