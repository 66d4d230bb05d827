#include "models/ultralytics/modules.h"

namespace modelport::ultralytics {

Result<ValueId> bottleneck(Translation& t, const ModuleView& module, ValueId x) {
  TRY(hidden, apply_child(t, module, "cv1", x));
  TRY(y, apply_child(t, module, "cv2", hidden));
  return add_if(t, module, "add", x, y);
}

Result<ValueId> bottleneck_csp(Translation& t, const ModuleView& module, ValueId x) {
  TRY(hidden, apply_child(t, module, "cv1", x));
  TRY(inner, apply_child(t, module, "m", hidden));
  TRY(through, apply_child(t, module, "cv3", inner));
  TRY(around, apply_child(t, module, "cv2", x));
  TRY(normalised, apply_child(t, module, "bn", t.b.concat({through, around}, 1)));
  TRY(activated, apply_child(t, module, "act", normalised));
  return apply_child(t, module, "cv4", activated);
}

}  // namespace modelport::ultralytics
