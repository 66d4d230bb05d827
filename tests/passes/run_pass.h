#pragma once

#include <gtest/gtest.h>

#include <algorithm>

#include "passes/pass.h"

namespace modelport {

/// What the pass of this name makes of a graph alone.
inline Graph run_pass(std::string_view name, const Graph& graph) {
  const auto pass = std::ranges::find(pass_list(), name, &Pass::name);
  if (pass == pass_list().end()) {
    ADD_FAILURE() << "no pass " << name;
    return graph;
  }
  SourceModel model;
  const BuildRequest request;
  PassContext context{model, request};
  auto result = pass->run(graph, context);
  EXPECT_TRUE(result) << result.error().text();
  return *std::move(result);
}

}  // namespace modelport
