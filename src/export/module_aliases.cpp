#include "export/module_aliases.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/nearest_name.h"
#include "modules/module_view.h"

namespace modelport {

namespace {

constexpr std::string_view kOption = "export_config.module_aliases";
constexpr std::string_view kContainers = "torch.nn.modules.container.";

template <class... Args>
Error wrong(fmt::format_string<Args...> format, Args&&... args) {
  return fail(ErrorCode::kInvalidArgument, "{}: {}", kOption, fmt::format(format, std::forward<Args>(args)...));
}

Error with_nearest(Error error, const std::string& name, std::span<const std::string> candidates) {
  const std::string nearest = nearest_name(name, candidates);
  if (!nearest.empty()) error.hint = fmt::format("the nearest is {}", nearest);
  return error;
}

}  // namespace

Status check_module_aliases(const ModuleAliases& aliases, const Trainer& trainer, const Checkpoint& checkpoint) {
  if (aliases.empty()) return {};
  if (trainer.module_classes == nullptr) return wrong("{} takes none", trainer.executable);
  const std::vector<std::string> known = trainer.module_classes();
  std::vector<std::string> held;
  for (const PickleGlobal& global : checkpoint.globals()) held.push_back(canonical_class_name(global));
  const auto require_held = [&](const std::string& source) -> Status {
    if (std::ranges::count(held, source) > 0) return {};
    return with_nearest(wrong("the checkpoint holds no class {}", source), source, held);
  };
  for (const auto& [source, target] : aliases.classes) {
    CHECK_OK(require_held(source));
    if (target.starts_with(kContainers)) {
      Error error = wrong("{} stands for {}, whose order of children another class need not have", source, target);
      error.hint = "list its children in the order of its forward() instead: [\"first\", \"second\"]";
      return error;
    }
    if (std::ranges::count(known, target) == 0) {
      return with_nearest(wrong("{} stands for {}, which is no class that is translated", source, target), target,
                          known);
    }
  }
  for (const auto& [source, children] : aliases.chains) CHECK_OK(require_held(source));
  return {};
}

}  // namespace modelport
