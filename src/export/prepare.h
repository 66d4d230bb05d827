#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "export/export_options.h"
#include "export/precision_report.h"

/// Between a network as it was built and a format's own nodes: which passes run, in which order.
namespace modelport {

/// Puts around a network what was asked of it: suppression, preprocessing. What comes of it is the model that every
/// format starts from. kInvalidArgument for what the model cannot have.
Status adapt_to_request(SourceModel& model, const BuildRequest& request);

/// Puts around a network what a format's artifacts hold beside it. What comes of it is the model that the artifact is
/// held to. Returns the passes that had something to do: formats for which they are the same share a model.
Result<std::vector<std::string_view>> adapt_to_format(SourceModel& model, const Format& format);

/// All passes of a format's exports, in the order they run.
std::vector<std::string_view> preparation(const Format& format);

/// What is lowered.
struct Prepared {
  SourceModel model;                         ///< Its graph rewritten, in the format's own operators.
  std::optional<PrecisionReport> precision;  ///< Of a `half` export.
};

/// Rewrites an adapted model for a format: the passes of all formats, then the format's own (Format::prepare).
/// kInvalidArgument for an operator that the format cannot hold; the errors of choose_half_precision().
Result<Prepared> prepare(const SourceModel& model, const ExportOptions& options, const Format& format);

}  // namespace modelport
