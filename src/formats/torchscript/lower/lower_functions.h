#pragma once

#include "formats/torchscript/lower/lowering.h"

/// One function per catalogue operator that has a form in torch; lower_table.cpp puts them in rows. Source of the
/// forms: aten/src/ATen/native/native_functions.yaml of torch 1.13 and 2.13, which agree in every schema used here.
namespace modelport::to_torch {

// convolution.cpp
Status conv(const Node& node, TorchLowering& to);
Status conv_transpose(const Node& node, TorchLowering& to);
Status batch_norm(const Node& node, TorchLowering& to);
Status max_pool(const Node& node, TorchLowering& to);
Status average_pool(const Node& node, TorchLowering& to);
Status pad(const Node& node, TorchLowering& to);
Status resize(const Node& node, TorchLowering& to);

// elementwise.cpp
Status div(const Node& node, TorchLowering& to);
Status leaky_relu(const Node& node, TorchLowering& to);
Status elu(const Node& node, TorchLowering& to);
Status clip(const Node& node, TorchLowering& to);
Status gelu(const Node& node, TorchLowering& to);
Status cast(const Node& node, TorchLowering& to);
/// Operators whose torch form has the same operands and no attributes.
Status plain(const Node& node, TorchLowering& to, std::string_view function);
/// Arithmetic of two operands, of which the second may be a literal.
Status binary(const Node& node, TorchLowering& to, std::string_view function);

// matrix.cpp
Status linear(const Node& node, TorchLowering& to);
Status layer_norm(const Node& node, TorchLowering& to);
Status softmax(const Node& node, TorchLowering& to);
Status reduce_mean(const Node& node, TorchLowering& to);
Status reduce_max(const Node& node, TorchLowering& to);
Status reduce_sum(const Node& node, TorchLowering& to);

// structure.cpp
Status concat(const Node& node, TorchLowering& to);
Status split(const Node& node, TorchLowering& to);
Status slice(const Node& node, TorchLowering& to);
Status permute(const Node& node, TorchLowering& to);
Status reshape(const Node& node, TorchLowering& to);
Status expand(const Node& node, TorchLowering& to);
Status range(const Node& node, TorchLowering& to);
Status gather(const Node& node, TorchLowering& to);

// selection.cpp
Status top_k(const Node& node, TorchLowering& to);
Status gather_elements(const Node& node, TorchLowering& to);
Status grid_sample(const Node& node, TorchLowering& to);
Status non_max_suppression(const Node& node, TorchLowering& to);

}  // namespace modelport::to_torch
