#pragma once

#include <string>
#include <string_view>

#include "graph/graph.h"

namespace modelport {

/// The graph as text: one line per input, constant, node, output and probe. Deterministic; constants are described by
/// dtype, shape and a digest of their values when small, never printed whole. Example:
///     input %0 images: float32[1, 3, 640, 640]
///     const %1: float32[16, 3, 3, 3] = model.0.conv.weight:float16 |> float32
///     %2: float32[1, 16, 320, 320] = Conv(%0, %1) {strides=[2, 2], pads=[1, 1, 1, 1]}  # model.0.conv
///     output output0 = %2
std::string print_graph(const Graph& graph);

/// Reads that form back. Constants get the values 0, 1, 2 ... scaled to [-1, 1) unless they are written as `=
/// {1.0, 2.0}`. For tests and goldens.
Result<Graph> parse_graph(std::string_view text);

/// Attributes of an operator as text, "{strides=[2, 2]}" without defaults; "" when there are none.
std::string print_attributes(const Op& op);
/// The operator with this catalogue name and attribute text.
Result<Op> parse_op(std::string_view name, std::string_view attributes);
/// "Conv", "MaxPool" ... as in op.h.
std::string_view op_name(const Op& op);
std::string_view op_name(size_t index);

}  // namespace modelport
