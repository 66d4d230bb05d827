#pragma once

#include "formats/format.h"
#include "formats/native_operators.h"

namespace modelport {

/// The operators that a format has at one version of its operator set.
struct OperatorSet {
  std::string_view format;  ///< Its name in messages.
  OperatorVersions since;
  int64_t version = 0;

  bool has(const Op& op) const {
    const std::optional<int64_t>& from = since[op.index()];
    return from && *from <= version;
  }
};

/// The graph with every operator that is not in the set replaced by its decomposition, as often as that takes.
/// kInvalidArgument naming the operator, its module, and the opset_version that would do, for one that has none.
Result<Graph> legalize(const Graph& graph, const OperatorSet& set);

}  // namespace modelport
