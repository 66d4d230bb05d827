#include "models/ultralytics/modules.h"

namespace modelport::ultralytics {

Result<ValueId> bottleneck(Translation& t, const ModuleView& module, ValueId x) {
  TRY(hidden, apply_child(t, module, "cv1", x));
  TRY(y, apply_child(t, module, "cv2", hidden));
  return add_if(t, module, "add", x, y);
}

}  // namespace modelport::ultralytics
