#pragma once

#include "formats/onnx/raise/raising.h"

/// One function per ONNX operator (or group of one meaning): reads the node that `from` is at, and defines its outputs.
namespace modelport::onnx {

Status raise_conv(Raising& from);
Status raise_batch_normalization(Raising& from);
Status raise_max_pool(Raising& from);
Status raise_conv_transpose(Raising& from);
Status raise_average_pool(Raising& from);
Status raise_global_average_pool(Raising& from);
Status raise_global_max_pool(Raising& from);
Status raise_grid_sample(Raising& from);
Status raise_resize(Raising& from);
Status raise_pad(Raising& from);

Status raise_matmul(Raising& from);
Status raise_gemm(Raising& from);
Status raise_softmax(Raising& from);
Status raise_layer_normalization(Raising& from);
Status raise_reduce_mean(Raising& from);
Status raise_reduce_max(Raising& from);
Status raise_reduce_min(Raising& from);
Status raise_reduce_sum(Raising& from);
Status raise_top_k(Raising& from);
Status raise_arg_max(Raising& from);

Status raise_add(Raising& from);
Status raise_sub(Raising& from);
Status raise_mul(Raising& from);
Status raise_div(Raising& from);
Status raise_min(Raising& from);
Status raise_max(Raising& from);
Status raise_pow(Raising& from);
Status raise_and(Raising& from);
Status raise_less(Raising& from);
Status raise_where(Raising& from);
Status raise_cast(Raising& from);
Status raise_clip(Raising& from);
Status raise_elu(Raising& from);
Status raise_gelu(Raising& from);
Status raise_hard_sigmoid(Raising& from);
Status raise_leaky_relu(Raising& from);
Status raise_log(Raising& from);
Status raise_sin(Raising& from);
Status raise_cos(Raising& from);
Status raise_erf(Raising& from);
Status raise_exp(Raising& from);
Status raise_hard_swish(Raising& from);
Status raise_mish(Raising& from);
Status raise_relu(Raising& from);
Status raise_sigmoid(Raising& from);
Status raise_softplus(Raising& from);
Status raise_sqrt(Raising& from);
Status raise_tanh(Raising& from);

Status raise_concat(Raising& from);
Status raise_expand(Raising& from);
Status raise_gather(Raising& from);
Status raise_gather_elements(Raising& from);
Status raise_identity(Raising& from);
Status raise_range(Raising& from);
Status raise_reshape(Raising& from);
Status raise_shape(Raising& from);
Status raise_slice(Raising& from);
Status raise_squeeze(Raising& from);
Status raise_transpose(Raising& from);

Status raise_non_max_suppression(Raising& from);
Status raise_scatter_nd(Raising& from);
/// What follows NonMaxSuppression up to ScatterND works on as many rows as boxes were kept. These answer whether the
/// node at hand is of that kind, and if so follow it.
Result<bool> raise_gather_of_selection(Raising& from);
bool raise_cast_of_selection(Raising& from);
Result<bool> raise_add_of_selection(Raising& from);

}  // namespace modelport::onnx
