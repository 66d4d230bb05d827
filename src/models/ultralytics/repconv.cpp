#include "models/torch_modules/attributes.h"
#include "models/ultralytics/modules.h"

namespace modelport::ultralytics {

Result<ValueId> rep_conv(Translation& t, const ModuleView& module, ValueId x) {
  CHECK_OK(expect_forward(module, module.has_child("conv1") ? "forward" : "forward_fuse"));
  if (!module.has_child("conv1")) {
    TRY(y, apply_child(t, module, "conv", x));
    return apply_child(t, module, "act", y);
  }
  TRY(wide, apply_child(t, module, "conv1", x));
  TRY(narrow, apply_child(t, module, "conv2", x));
  ValueId sum = t.b.add(wide, narrow);
  if (!module.is_none("bn") || module.has_child("bn")) {
    TRY(normalised, apply_child(t, module, "bn", x));
    sum = t.b.add(sum, normalised);
  }
  return apply_child(t, module, "act", sum);
}

Result<ValueId> rep_c3(Translation& t, const ModuleView& module, ValueId x) {
  TRY(hidden, apply_child(t, module, "cv1", x));
  TRY(inner, apply_child(t, module, "m", hidden));
  TRY(around, apply_child(t, module, "cv2", x));
  return apply_child(t, module, "cv3", t.b.add(inner, around));
}

}  // namespace modelport::ultralytics
