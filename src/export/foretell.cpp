#include "export/foretell.h"

#include "export/translate_checkpoint.h"
#include "passes/append_class_map.h"
#include "passes/pass.h"

namespace modelport {

namespace {

/// From the model to the format's own nodes.
Status lower_once(const SourceModel& literal, const Format& format, const ExportOptions& options) {
  SourceModel model = literal;
  if (format.class_map == ClassMapForm::kNumbers && has_pixel_logits(model)) CHECK_OK(append_class_map(model));
  TRY(simplified, run_passes(model.graph, options.simplify));
  TRY(lowered, format.lower(model, simplified, options.format));
  return {};
}

}  // namespace

Foretold foretell_export(const Trainer& trainer, const std::string& checkpoint_path, const Format& format,
                         const ExportOptions& options) {
  const auto checkpoint = open_checkpoint(checkpoint_path);
  if (!checkpoint) return {std::nullopt, checkpoint.error()};
  auto model = translate_checkpoint(trainer, *checkpoint, options.build);
  if (!model) return {std::nullopt, model.error()};
  Foretold foretold{*std::move(model), {}};
  foretold.outcome = lower_once(*foretold.model, format, options);
  if (foretold.outcome) foretold.outcome = checkpoint->file->check_intact();
  return foretold;
}

}  // namespace modelport
