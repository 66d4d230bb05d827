#pragma once

#include "formats/openvino/raise/raising.h"

/// One function per operation (or group of one meaning): reads the layer that `from` is at, and defines its outputs.
namespace modelport::openvino::from_openvino {

// convolution.cpp
Status convolution(Raising& from);
Status group_convolution(Raising& from);
Status convolution_backprop(Raising& from);
Status group_convolution_backprop(Raising& from);
Status batch_norm(Raising& from);
Status max_pool(Raising& from);
Status avg_pool(Raising& from);
Status interpolate(Raising& from);
Status pad(Raising& from);

// matrix.cpp
Status mat_mul(Raising& from);
Status soft_max(Raising& from);
Status mvn(Raising& from);
Status reduce_max(Raising& from);
Status reduce_mean(Raising& from);
Status reduce_sum(Raising& from);

// elementwise.cpp
Status add(Raising& from);
Status subtract(Raising& from);
Status multiply(Raising& from);
Status divide(Raising& from);
Status minimum(Raising& from);
Status maximum(Raising& from);
Status power(Raising& from);
Status less(Raising& from);
Status logical_and(Raising& from);
Status select(Raising& from);
Status convert(Raising& from);
Status clamp(Raising& from);
Status elu(Raising& from);
Status gelu(Raising& from);
Status p_relu(Raising& from);
/// Operations of one input and no attributes.
Status unary(Raising& from, Op op);

// structure.cpp
Status parameter(Raising& from);
Status constant(Raising& from);
Status result(Raising& from);
Status broadcast(Raising& from);
Status concat(Raising& from);
Status gather(Raising& from);
Status range(Raising& from);
Status reshape(Raising& from);
Status shape_of(Raising& from);
Status slice(Raising& from);
Status squeeze(Raising& from);
Status transpose(Raising& from);
Status variadic_split(Raising& from);

// selection.cpp
Status top_k(Raising& from);
Status gather_elements(Raising& from);
Status grid_sample(Raising& from);
Status non_max_suppression(Raising& from);
Status scatter_nd_update(Raising& from);

/// What follows NonMaxSuppression up to ScatterNDUpdate works on as many rows as boxes were kept. These answer whether
/// the layer is one of those, and then have defined its output.
Result<bool> gather_of_selection(Raising& from);
bool convert_of_selection(Raising& from);
Result<bool> add_of_selection(Raising& from);

}  // namespace modelport::openvino::from_openvino
