#pragma once

#include "formats/torchscript/lower/lowering.h"

/// One function per catalogue operator that has a form in torch; lower_table.cpp puts them in rows. Source of the
/// forms: aten/src/ATen/native/native_functions.yaml of torch 1.13 and 2.13, which agree in every schema used here.
namespace modelport::torchscript::to_torch {

// convolution.cpp
Status conv(const Node& node, Lowering& to);
Status conv_transpose(const Node& node, Lowering& to);
Status batch_norm(const Node& node, Lowering& to);
Status max_pool(const Node& node, Lowering& to);
Status average_pool(const Node& node, Lowering& to);
Status pad(const Node& node, Lowering& to);
Status resize(const Node& node, Lowering& to);

// elementwise.cpp
Status div(const Node& node, Lowering& to);
Status leaky_relu(const Node& node, Lowering& to);
Status elu(const Node& node, Lowering& to);
Status clip(const Node& node, Lowering& to);
Status gelu(const Node& node, Lowering& to);
Status cast(const Node& node, Lowering& to);
/// Operators whose torch form has the same operands and no attributes.
Status plain(const Node& node, Lowering& to, std::string_view function);
/// Arithmetic of two operands, of which the second may be a literal.
Status binary(const Node& node, Lowering& to, std::string_view function);

// matrix.cpp
Status linear(const Node& node, Lowering& to);
Status layer_norm(const Node& node, Lowering& to);
Status softmax(const Node& node, Lowering& to);
Status reduce_mean(const Node& node, Lowering& to);
Status reduce_max(const Node& node, Lowering& to);
Status reduce_sum(const Node& node, Lowering& to);

// structure.cpp
Status concat(const Node& node, Lowering& to);
Status split(const Node& node, Lowering& to);
Status slice(const Node& node, Lowering& to);
Status permute(const Node& node, Lowering& to);
Status reshape(const Node& node, Lowering& to);
Status expand(const Node& node, Lowering& to);
Status range(const Node& node, Lowering& to);
Status gather(const Node& node, Lowering& to);

// selection.cpp
Status top_k(const Node& node, Lowering& to);
Status gather_elements(const Node& node, Lowering& to);
Status grid_sample(const Node& node, Lowering& to);
Status non_max_suppression(const Node& node, Lowering& to);

}  // namespace modelport::torchscript::to_torch
