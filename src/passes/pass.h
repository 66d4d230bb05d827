#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "source/source_model.h"

namespace modelport {

/// A rewrite of a graph into an equivalent one. Equivalent up to float rounding, for every allowed size.
struct Pass {
  std::string_view name;
  std::string_view purpose;  ///< One sentence, for --help and docs.
  /// kAlways passes are part of what export means (batch norm is folded as Ultralytics' fuse() does, anchors are
  /// computed as its tracing does); kOptional ones are what `simplify` turns off.
  enum class Need { kAlways, kOptional } need;
  Result<Graph> (*run)(const Graph& graph);
};

/// All passes, in the order they run. pass_list.cpp is the visible list.
std::span<const Pass> pass_list();

enum class Simplify { kRequiredOnly, kAll };

/// Runs the list. The error of a failing pass carries its name.
Result<Graph> run_passes(const Graph& graph, Simplify simplify);

/// In what precision a node is computed, and its weights are stored.
enum class NodePrecision : uint8_t {
  kFloat16,         ///< Both float16.
  kFloat16Weights,  ///< Weights of float16, converted to float32 before they are used; float32 arithmetic.
  kFloat32,
};

/// Whether a constant is a weight: a float matrix, kernel or table, not a vector or a number.
bool is_weight(const Value& value);

/// Every node in its precision, between Cast nodes; the graph's inputs and outputs stay float32. `nodes` is by NodeId.
/// Vectors and numbers are float32 wherever arithmetic is,
/// and so are the factors by which batch norm was folded into float16 weights: what is stored is the checkpoint's
/// weight.
Result<Graph> to_half(const Graph& graph, std::span<const NodePrecision> nodes);

}  // namespace modelport
