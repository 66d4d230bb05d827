#pragma once

#include "formats/openvino/raise/raising.h"

/// One function per operation (or group of one meaning): reads the layer that `from` is at, and defines its outputs.
namespace modelport::from_openvino {

// convolution.cpp
Status convolution(OpenvinoRaising& from);
Status group_convolution(OpenvinoRaising& from);
Status convolution_backprop(OpenvinoRaising& from);
Status group_convolution_backprop(OpenvinoRaising& from);
Status batch_norm(OpenvinoRaising& from);
Status max_pool(OpenvinoRaising& from);
Status avg_pool(OpenvinoRaising& from);
Status interpolate(OpenvinoRaising& from);
Status pad(OpenvinoRaising& from);

// matrix.cpp
Status mat_mul(OpenvinoRaising& from);
Status soft_max(OpenvinoRaising& from);
Status mvn(OpenvinoRaising& from);
Status reduce_max(OpenvinoRaising& from);
Status reduce_mean(OpenvinoRaising& from);
Status reduce_sum(OpenvinoRaising& from);

// elementwise.cpp
Status add(OpenvinoRaising& from);
Status subtract(OpenvinoRaising& from);
Status multiply(OpenvinoRaising& from);
Status divide(OpenvinoRaising& from);
Status minimum(OpenvinoRaising& from);
Status maximum(OpenvinoRaising& from);
Status power(OpenvinoRaising& from);
Status less(OpenvinoRaising& from);
Status logical_and(OpenvinoRaising& from);
Status select(OpenvinoRaising& from);
Status convert(OpenvinoRaising& from);
Status clamp(OpenvinoRaising& from);
Status elu(OpenvinoRaising& from);
Status gelu(OpenvinoRaising& from);
Status p_relu(OpenvinoRaising& from);
/// Operations of one input and no attributes.
Status unary(OpenvinoRaising& from, Op op);

// structure.cpp
Status parameter(OpenvinoRaising& from);
Status constant(OpenvinoRaising& from);
Status result(OpenvinoRaising& from);
Status broadcast(OpenvinoRaising& from);
Status concat(OpenvinoRaising& from);
Status gather(OpenvinoRaising& from);
Status range(OpenvinoRaising& from);
Status reshape(OpenvinoRaising& from);
Status shape_of(OpenvinoRaising& from);
Status slice(OpenvinoRaising& from);
Status squeeze(OpenvinoRaising& from);
Status transpose(OpenvinoRaising& from);
Status variadic_split(OpenvinoRaising& from);

// selection.cpp
Status top_k(OpenvinoRaising& from);
Status gather_elements(OpenvinoRaising& from);
Status grid_sample(OpenvinoRaising& from);
Status non_max_suppression(OpenvinoRaising& from);
Status scatter_nd_update(OpenvinoRaising& from);

/// What follows NonMaxSuppression up to ScatterNDUpdate works on as many rows as boxes were kept. These answer whether
/// the layer is one of those, and then have defined its output.
Result<bool> gather_of_selection(OpenvinoRaising& from);
bool convert_of_selection(OpenvinoRaising& from);
Result<bool> add_of_selection(OpenvinoRaising& from);

}  // namespace modelport::from_openvino
