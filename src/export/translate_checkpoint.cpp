#include "export/translate_checkpoint.h"

#include <fmt/ranges.h>

#include <filesystem>

#include "base/log.h"
#include "export/module_aliases.h"
#include "export/prepare.h"
#include "modules/find_model.h"
#include "ops/verify_types.h"

namespace modelport {

namespace {

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

Result<SourceModel> translate_checkpoint(const Trainer& trainer, const Checkpoint& checkpoint,
                                         const BuildRequest& request) {
  const std::string name = std::filesystem::path(checkpoint.path).filename().string();
  CHECK_OK(check_module_aliases(request.module_aliases, trainer, checkpoint).in(name));
  log_aliases(request.module_aliases);
  log_wrapper(checkpoint);
  Result<Translated> translated = translate(trainer, checkpoint, request);
  if (!translated) return of_file(std::move(translated).error(), name);
  if (const Status finite = require_finite_weights(translated->source->account); !finite)
    return of_file(finite.error(), name);
  SourceModel model = std::move(translated->model);
  CHECK_OK(adapt_to_request(model, request));
  CHECK_OK(verify_graph(model.graph));
  return model;
}

}  // namespace modelport
