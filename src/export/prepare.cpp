#include "export/prepare.h"

#include <algorithm>
#include <array>

#include <fmt/ranges.h>

#include "base/log.h"
#include "export/half_precision.h"

namespace modelport {

namespace {

using Names = std::span<const std::string_view>;

/// What options put around a network. Preprocessing comes last, so that suppression sees the shape of an image.
constexpr std::array<std::string_view, 2> kForRequest = {"append_nms", "embed_preprocessing"};

/// The rewrites that every format has, in front of its own.
constexpr std::array<std::string_view, 6> kForEveryFormat = {"fold_batch_norm",        "merge_parallel_convolutions",
                                                             "fold_constants",         "eliminate_identities",
                                                             "multiply_distributions", "compose_rows"};

Result<std::vector<const Pass*>> passes_named(Names names) {
  std::vector<const Pass*> passes;
  for (const std::string_view name : names) {
    const auto found = std::ranges::find(pass_list(), name, &Pass::name);
    if (found == pass_list().end()) return fail(ErrorCode::kInternal, "there is no pass {}", name);
    passes.push_back(&*found);
  }
  return passes;
}

bool is_wanted(const Pass& pass, const PassContext& context) { return pass.wanted == nullptr || pass.wanted(context); }

/// What fails on a valid model is named by its pass; what a user can mend says so itself.
Error of_pass(const Pass& pass, Error error) {
  return error.code == ErrorCode::kInternal ? std::move(error).in(std::string(pass.name)) : error;
}

Status run_pass(const Pass& pass, PassContext& context) {
  Result<Graph> graph = pass.run(context.model.graph, context);
  if (!graph) return of_pass(pass, std::move(graph).error());
  context.model.graph = *std::move(graph);
  return {};
}

Result<std::vector<std::string_view>> adapt(SourceModel& model, const BuildRequest& request, Names names) {
  PassContext context{model, request};
  TRY(passes, passes_named(names));
  std::vector<std::string_view> ran;
  for (const Pass* pass : passes) {
    if (pass->kind != Pass::Kind::kModel || !is_wanted(*pass, context)) continue;
    CHECK_OK(run_pass(*pass, context));
    ran.push_back(pass->name);
  }
  return ran;
}

}  // namespace

Status adapt_to_request(SourceModel& model, const BuildRequest& request) {
  TRY(ran, adapt(model, request, kForRequest));
  return {};
}

Result<std::vector<std::string_view>> adapt_to_format(SourceModel& model, const Format& format) {
  return adapt(model, {}, format.prepare);
}

std::vector<std::string_view> preparation(const Format& format) {
  std::vector<std::string_view> names;
  for (const Names list : {Names(kForRequest), Names(kForEveryFormat), format.prepare})
    names.insert(names.end(), list.begin(), list.end());
  return names;
}

Result<Prepared> prepare(const SourceModel& model, const ExportOptions& options, const Format& format) {
  Prepared prepared{model, {}};
  PassContext context{prepared.model, options.build};
  context.legalize = [&](const Graph& graph) { return format.legalize(graph, options.format); };
  if (options.precision.rounds_weights()) {
    context.choose_precisions = [&](const Graph& graph) -> Result<std::vector<NodePrecision>> {
      TRY(chosen, choose_half_precision(model, graph, options.precision, options.tolerance));
      prepared.precision = std::move(chosen.report);
      return std::move(chosen.nodes);
    };
  }
  TRY(passes, passes_named(preparation(format)));
  std::vector<std::string_view> skipped;
  for (const Pass* pass : passes) {
    if (pass->kind == Pass::Kind::kModel) continue;
    if (pass->kind == Pass::Kind::kOptional && options.simplify == Simplify::kRequiredOnly) {
      skipped.push_back(pass->name);
    } else if (is_wanted(*pass, context)) {
      CHECK_OK(run_pass(*pass, context));
    }
  }
  if (!skipped.empty()) log_info("simplify is false: left out {}", fmt::join(skipped, ", "));
  return prepared;
}

}  // namespace modelport
