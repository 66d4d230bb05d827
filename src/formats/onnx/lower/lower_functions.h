#pragma once

#include "formats/onnx/lower/lowering.h"

/// One function per catalogue operator that has an ONNX form; lower_table.cpp puts them in rows. Source of the forms:
/// onnx/onnx docs/Changelog.md, opsets 11 to 21.
namespace modelport::onnx {

// convolution.cpp
Status lower_conv(const Node& node, Lowering& to);
Status lower_batch_norm(const Node& node, Lowering& to);
Status lower_max_pool(const Node& node, Lowering& to);
Status lower_conv_transpose(const Node& node, Lowering& to);
Status lower_average_pool(const Node& node, Lowering& to);
Status lower_grid_sample(const Node& node, Lowering& to);
Status lower_pad(const Node& node, Lowering& to);
Status lower_resize(const Node& node, Lowering& to);

// matrix.cpp
Status lower_matmul(const Node& node, Lowering& to);
Status lower_linear(const Node& node, Lowering& to);
Status lower_layer_norm(const Node& node, Lowering& to);
Status lower_reduce_mean(const Node& node, Lowering& to);
Status lower_reduce_max(const Node& node, Lowering& to);
Status lower_reduce_sum(const Node& node, Lowering& to);
Status lower_softmax(const Node& node, Lowering& to);
Status lower_top_k(const Node& node, Lowering& to);

// elementwise.cpp
Status lower_add(const Node& node, Lowering& to);
Status lower_sub(const Node& node, Lowering& to);
Status lower_mul(const Node& node, Lowering& to);
Status lower_div(const Node& node, Lowering& to);
Status lower_leaky_relu(const Node& node, Lowering& to);
Status lower_elu(const Node& node, Lowering& to);
Status lower_clip(const Node& node, Lowering& to);
Status lower_hard_sigmoid(const Node& node, Lowering& to);
Status lower_gelu(const Node& node, Lowering& to);
Status lower_cast(const Node& node, Lowering& to);

// structure.cpp
Status lower_concat(const Node& node, Lowering& to);
Status lower_split(const Node& node, Lowering& to);
Status lower_slice(const Node& node, Lowering& to);
Status lower_permute(const Node& node, Lowering& to);
Status lower_reshape(const Node& node, Lowering& to);
Status lower_expand(const Node& node, Lowering& to);
Status lower_range(const Node& node, Lowering& to);
Status lower_gather(const Node& node, Lowering& to);
Status lower_gather_elements(const Node& node, Lowering& to);

// selection.cpp
Status lower_non_max_suppression(const Node& node, Lowering& to);

/// Operators whose ONNX form has the same operands and no attributes.
template <OnnxOpType kType>
Status lower_plain(const Node& node, Lowering& to) {
  to.node(node, kType, to.names(node.inputs));
  return {};
}

}  // namespace modelport::onnx
