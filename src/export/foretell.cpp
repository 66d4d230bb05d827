#include "export/foretell.h"

#include "export/prepare.h"
#include "export/translate_checkpoint.h"

namespace modelport {

namespace {

/// From the model to the format's own nodes, which it has or lacks in any precision.
Status lower_once(const SourceModel& literal, const Format& format, const ExportOptions& options) {
  SourceModel model = literal;
  TRY(adapted, adapt_to_format(model, format));
  ExportOptions in_float32 = options;
  in_float32.precision = {};
  TRY(prepared, prepare(model, in_float32, format));
  TRY(lowered, format.lower(model, prepared.model.graph, options.format));
  return {};
}

}  // namespace

Foretold foretell_export(const Trainer& trainer, const std::string& checkpoint_path, const Format& format,
                         const ExportOptions& options) {
  const auto checkpoint = open_checkpoint(checkpoint_path, trainer.families);
  if (!checkpoint) return {std::nullopt, checkpoint.error()};
  auto model = translate_checkpoint(trainer, *checkpoint, options.build);
  if (!model) return {std::nullopt, model.error()};
  Foretold foretold{*std::move(model), {}};
  foretold.outcome = lower_once(*foretold.model, format, options);
  if (foretold.outcome) foretold.outcome = checkpoint->check_intact();
  return foretold;
}

}  // namespace modelport
