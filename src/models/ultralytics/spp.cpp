#include "models/torch_modules/attributes.h"
#include "models/ultralytics/modules.h"

/// Spatial pyramid pooling (https://arxiv.org/abs/1406.4729).
namespace modelport::ultralytics {

Result<ValueId> spp(Translation& t, const ModuleView& module, ValueId x) {
  TRY(hidden, apply_child(t, module, "cv1", x));
  TRY(pools, module_list(module, "m"));
  std::vector<ValueId> parts{hidden};
  for (const ModuleView& pool : pools) {
    TRY(y, apply(t, pool, hidden));
    parts.push_back(y);
  }
  return apply_child(t, module, "cv2", t.b.concat(std::move(parts), 1));
}

Result<ValueId> sppf(Translation& t, const ModuleView& module, ValueId x) {
  // Checkpoints of before 8.3 have neither: forward() then pools three times and adds nothing.
  int64_t times = 3;
  if (module.has_attribute("n")) {
    TRY(n, bounded_int(module, "n", 0));
    times = n;
  }
  TRY(hidden, apply_child(t, module, "cv1", x));
  std::vector<ValueId> parts{hidden};
  for (int64_t i = 0; i < times; ++i) {
    TRY(y, apply_child(t, module, "m", parts.back()));
    parts.push_back(y);
  }
  TRY(y, apply_child(t, module, "cv2", t.b.concat(std::move(parts), 1)));
  return module.has_attribute("add") ? add_if(t, module, "add", x, y) : y;
}

}  // namespace modelport::ultralytics
