#include <array>
#include <optional>

#include "passes/pass.h"

namespace modelport {

Result<Graph> fold_batch_norm(const Graph& graph);
Result<Graph> fold_constants(const Graph& graph);
Result<Graph> eliminate_identities(const Graph& graph);
Result<Graph> merge_parallel_convolutions(const Graph& graph);
Result<Graph> multiply_distributions(const Graph& graph);
Result<Graph> compose_rows(const Graph& graph);
Result<Graph> merge_reshapes(const Graph& graph);

namespace {
constexpr std::array<Pass, 7> kPasses = {{
    {"fold_batch_norm", "Batch norm behind a convolution becomes part of its weight and bias.", Pass::Need::kAlways,
     fold_batch_norm},
    {"merge_parallel_convolutions", "The sum of two convolutions of one value becomes one.", Pass::Need::kAlways,
     merge_parallel_convolutions},
    {"fold_constants", "What depends on constants alone is computed once, here.", Pass::Need::kAlways, fold_constants},
    {"eliminate_identities", "Operators that return their operand unchanged are left out.", Pass::Need::kOptional,
     eliminate_identities},
    {"multiply_distributions", "The mean of every distribution of a box becomes one matrix product.",
     Pass::Need::kOptional, multiply_distributions},
    {"compose_rows", "Sums, differences and parts of a product's rows become part of its matrix.",
     Pass::Need::kOptional, compose_rows},
    {"merge_reshapes", "Consecutive splits and merges of axes become one reshape.", Pass::Need::kOptional,
     merge_reshapes},
}};
}  // namespace

std::span<const Pass> pass_list() { return kPasses; }

Result<Graph> run_passes(const Graph& graph, Simplify simplify) {
  std::optional<Graph> current;
  for (const Pass& pass : kPasses) {
    if (pass.need == Pass::Need::kOptional && simplify == Simplify::kRequiredOnly) continue;
    TRY(next, pass.run(current ? *current : graph).in(std::string(pass.name)));
    current = std::move(next);
  }
  return current ? *std::move(current) : graph;
}

}  // namespace modelport
