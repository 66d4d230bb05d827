#include "export/translate_checkpoint.h"

#include <fmt/ranges.h>

#include <filesystem>

#include "base/log.h"
#include "export/module_aliases.h"
#include "modules/find_model.h"
#include "modules/finite_weights.h"
#include "ops/verify_types.h"
#include "passes/append_nms.h"
#include "passes/embed_preprocessing.h"

namespace modelport {

namespace {

Result<const Architecture*> find_architecture(const Trainer& trainer, const Checkpoint& checkpoint) {
  for (const Architecture& architecture : trainer.architectures) {
    if (architecture.matches(checkpoint)) return &architecture;
  }
  return trainer.explain_mismatch(checkpoint);
}

Result<SourceModel> build(const Trainer& trainer, const Architecture& architecture, const Checkpoint& checkpoint,
                          const BuildRequest& request) {
  const PickleObject* root = model_root(checkpoint);
  if (root == nullptr) return trainer.explain_mismatch(checkpoint);
  Ledger ledger(*root, trainer.ignore_rules, checkpoint.class_aliases);
  CHECK_OK(ledger.require_known_hooks());
  TRY(model, architecture.build(checkpoint, ledger, request));
  CHECK_OK(ledger.require_everything_accounted_for());
  CHECK_OK(require_finite_weights(ledger));
  return model;
}

/// What the options put around the network.
Status adapt(SourceModel& model, const BuildRequest& request) {
  if (request.head == HeadChoice::kNmsInside) CHECK_OK(append_nms(model, request));
  if (request.image_input != ImageInput::kNormalised) CHECK_OK(embed_preprocessing(model, request.image_input));
  return {};
}

void log_aliases(const ModuleAliases& aliases) {
  for (const auto& [source, target] : aliases.classes) log_info("Alias: {} is read as {}", source, target);
  for (const auto& [source, children] : aliases.chains)
    log_info("Alias: {} applies {}", source, fmt::join(children, ", "));
}

/// The refusal with the file's name: behind the words that platforms know it by, where it begins with such.
Error of_file(Error error, const std::string& name) {
  if (!error.context.empty() || !error.message.starts_with(kNotTranslated)) return std::move(error).in(name);
  error.message = fmt::format("{}{}: {}", kNotTranslated, name, error.message.substr(kNotTranslated.size()));
  return error;
}

void log_wrapper(const Checkpoint& checkpoint) {
  const PickleObject* found = find_model(checkpoint).as_object();
  const PickleObject* inner = model_root(checkpoint);
  if (found != inner) log_info("Took {} out of {}", inner->type->qualified_name(), found->type->qualified_name());
}

}  // namespace

Result<SourceModel> translate_checkpoint(const Trainer& trainer, const Checkpoint& opened,
                                         const BuildRequest& request) {
  const std::string name = std::filesystem::path(opened.path).filename().string();
  CHECK_OK(check_module_aliases(request.module_aliases, trainer, opened).in(name));
  Checkpoint checkpoint = opened;
  checkpoint.class_aliases = request.module_aliases.classes;
  for (const auto& [source, children] : request.module_aliases.chains) checkpoint.class_aliases.emplace(source, source);
  log_aliases(request.module_aliases);
  log_wrapper(checkpoint);
  const Result<const Architecture*> architecture = find_architecture(trainer, checkpoint);
  if (!architecture) return of_file(architecture.error(), name);
  Result<SourceModel> built = build(trainer, **architecture, checkpoint, request);
  if (!built) return of_file(built.error(), name);
  SourceModel model = *std::move(built);
  CHECK_OK(adapt(model, request));
  CHECK_OK(verify_graph(model.graph));
  return model;
}

}  // namespace modelport
