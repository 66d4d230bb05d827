#pragma once

#include "formats/format.h"

namespace modelport {

/// What a format does with one operator; `reason` says why where it is not native.
struct OperatorSupport {
  Lower kind = Lower::kRefuse;
  std::string_view reason;
};

/// The graph with every operator that is not native replaced by its decomposition, as often as that takes.
/// kInvalidArgument naming the operator, its module and the reason for one that is refused or has none; `format` is the
/// format's name in messages.
Result<Graph> legalize(const Graph& graph, std::string_view format,
                       const std::function<OperatorSupport(const Op&)>& support);

}  // namespace modelport
