#include "source/architecture.h"

#include <algorithm>

namespace modelport {

namespace {

Result<const Architecture*> find_architecture(const Trainer& trainer, std::string_view name) {
  const auto row = std::ranges::find(trainer.architectures, name, &Architecture::name);
  if (row != trainer.architectures.end()) return &*row;
  return fail(ErrorCode::kInternal, "{} has no architecture {}", trainer.executable, name);
}

}  // namespace

Result<Translated> translate(const Trainer& trainer, const Checkpoint& checkpoint, const BuildRequest& request) {
  TRY(name, trainer.architecture_of(checkpoint, request));
  TRY(architecture, find_architecture(trainer, name));
  TRY(source, trainer.open(checkpoint, request));
  TRY(model, architecture->build(*source, request));
  CHECK_OK(source->account.require_everything_accounted_for());
  return Translated{std::move(source), std::move(model)};
}

}  // namespace modelport
