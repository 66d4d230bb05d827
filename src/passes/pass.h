#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "source/architecture.h"

namespace modelport {

/// In what precision a node is computed, and its weights are stored.
enum class NodePrecision : uint8_t {
  kFloat16,         ///< Both float16.
  kFloat16Weights,  ///< Weights of float16, converted to float32 before they are used; float32 arithmetic.
  kFloat32,
};

/// What passes know beside the graph, and what they change beside it.
struct PassContext {
  /// What the graph's inputs, outputs and probes mean: a pass that changes it says so here. `model.graph` is not read.
  SourceModel& model;
  /// What the user asked of the model.
  const BuildRequest& request;
  /// Decomposes what a format has no operator for.
  std::function<Result<Graph>(const Graph&)> legalize{};
  /// Chooses the precision of every node, by NodeId. Empty: all of it stays float32.
  std::function<Result<std::vector<NodePrecision>>(const Graph&)> choose_precisions{};
};

/// A rewrite of a graph.
struct Pass {
  std::string_view name;
  std::string_view purpose;  ///< One sentence, for docs.
  enum class Kind {
    kModel,     ///< Changes what the model computes, where options or a format ask for it. All others keep that up to
                ///< rounding, for every allowed size, and are held to the model behind the last of these.
    kAlways,    ///< Part of what export means (batch norm is folded as Ultralytics' fuse() does, anchors are computed
                ///< as its tracing does).
    kOptional,  ///< What `simplify` turns off.
  } kind;
  Result<Graph> (*run)(const Graph& graph, PassContext& context);
  /// Whether there is something to do; null: always.
  bool (*wanted)(const PassContext& context) = nullptr;
};

/// Every pass there is; export/prepare.cpp says which run in which order.
std::span<const Pass> pass_list();

/// Whether a constant is a weight: a float matrix, kernel or table, not a vector or a number.
bool is_weight(const Value& value);

/// Every node in its precision, between Cast nodes; the graph's inputs and outputs stay float32. `nodes` is by NodeId.
/// Vectors and numbers are float32 wherever arithmetic is,
/// and so are the factors by which batch norm was folded into float16 weights: what is stored is the checkpoint's
/// weight.
Result<Graph> to_half(const Graph& graph, std::span<const NodePrecision> nodes);

}  // namespace modelport
