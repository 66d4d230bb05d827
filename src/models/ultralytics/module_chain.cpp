#include "models/ultralytics/module_chain.h"

namespace modelport::ultralytics {

namespace {

constexpr std::string_view kEveryItem = ".*";

void ignore_settings(const ModuleView& module) {
  for (const auto& [key, value] : module.object().attributes()->entries) {
    const auto name = key.as_string();
    if (!name || *name == "_modules" || *name == "_parameters" || *name == "_buffers") continue;
    if (!value.as_tensor()) module.ignore(*name, "module_aliases says which children its forward() applies");
  }
}

}  // namespace

Result<ValueId> apply_chain(Translation& t, const ModuleView& module, std::span<const std::string> children,
                            std::span<const ValueId> inputs) {
  if (inputs.size() != 1) return module.fail("{} inputs arrive, a chain of modules takes one", inputs.size());
  CHECK_OK(expect_forward(module, "forward"));
  ValueId x = inputs[0];
  for (const std::string_view name : children) {
    if (name.ends_with(kEveryItem)) {
      TRY(items, module_list(module, name.substr(0, name.size() - kEveryItem.size())));
      for (const ModuleView& item : items) {
        TRY(y, apply(t, item, x));
        x = y;
      }
    } else {
      TRY(y, apply_child(t, module, name, x));
      x = y;
    }
  }
  ignore_settings(module);
  return x;
}

}  // namespace modelport::ultralytics
