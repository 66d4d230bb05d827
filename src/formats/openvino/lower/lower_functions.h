#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "formats/openvino/lower/lowering.h"

/// One function per catalogue operator that has an OpenVINO form; lower_table.cpp puts them in rows. Source of the
/// forms: the operation specifications of opset1 to opset11 (docs.openvino.ai), and what OpenVINO's own converter makes
/// of the same PyTorch operators, which is what its CPU plugin fuses.
namespace modelport::openvino::to_openvino {

// convolution.cpp
Status conv(const Node& node, Lowering& to);
Status batch_norm(const Node& node, Lowering& to);
Status max_pool(const Node& node, Lowering& to);
Status average_pool(const Node& node, Lowering& to);
Status conv_transpose(const Node& node, Lowering& to);
Status pad(const Node& node, Lowering& to);
Status resize(const Node& node, Lowering& to);

// matrix.cpp
Status matmul(const Node& node, Lowering& to);
Status linear(const Node& node, Lowering& to);
Status attention(const Node& node, Lowering& to);
Status layer_norm(const Node& node, Lowering& to);
Status softmax(const Node& node, Lowering& to);
/// The `axes` of a reduction; they stay as size 1.
Status reduction(const Node& node, Lowering& to, OpenvinoOpType type, const std::vector<int64_t>& axes);

// elementwise.cpp
Status div(const Node& node, Lowering& to);
Status leaky_relu(const Node& node, Lowering& to);
Status elu(const Node& node, Lowering& to);
Status clip(const Node& node, Lowering& to);
Status gelu(const Node& node, Lowering& to);
Status cast(const Node& node, Lowering& to);

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

/// Operators whose OpenVINO form has the same operands and no attributes.
template <OpenvinoOpType kType>
Status plain(const Node& node, Lowering& to) {
  to.node(node, kType, to.values(node.inputs));
  return {};
}

/// Elementwise operators whose operands are broadcast as NumPy does.
template <OpenvinoOpType kType>
Status broadcast(const Node& node, Lowering& to) {
  to.node(node, kType, to.values(node.inputs), {{"auto_broadcast", "numpy"}});
  return {};
}

template <class T, OpenvinoOpType kType>
Status reduce(const Node& node, Lowering& to) {
  return reduction(node, to, kType, std::get<T>(node.op).axes);
}

/// A list attribute: "1, 1".
template <class List>
std::string list_text(const List& list) {
  return fmt::format("{}", fmt::join(list, ", "));
}
/// Top and left, or bottom and right, of pads.
inline std::string pads_begin(const Pads2& pads) { return fmt::format("{}, {}", pads[0], pads[1]); }
inline std::string pads_end(const Pads2& pads) { return fmt::format("{}, {}", pads[2], pads[3]); }

}  // namespace modelport::openvino::to_openvino
