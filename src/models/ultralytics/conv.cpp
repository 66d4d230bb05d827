#include "models/torch_modules/attributes.h"
#include "models/ultralytics/modules.h"

namespace modelport::ultralytics {

Result<ValueId> conv(Translation& t, const ModuleView& module, ValueId x) {
  TRY(y, apply_child(t, module, "conv", x));
  CHECK_OK(expect_forward(module, module.has_child("bn") ? "forward" : "forward_fuse"));
  if (module.has_child("bn")) {
    TRY(normalised, apply_child(t, module, "bn", y));
    y = normalised;
  }
  return apply_child(t, module, "act", y);
}

Result<ValueId> conv2(Translation& t, const ModuleView& module, ValueId x) {
  if (!module.has_child("cv2")) return conv(t, module, x);
  CHECK_OK(expect_forward(module, "forward"));
  TRY(wide, apply_child(t, module, "conv", x));
  TRY(narrow, apply_child(t, module, "cv2", x));
  TRY(y, apply_child(t, module, "bn", t.b.add(wide, narrow)));
  return apply_child(t, module, "act", y);
}

Result<ValueId> conv_transpose(Translation& t, const ModuleView& module, ValueId x) {
  TRY(y, apply_child(t, module, "conv_transpose", x));
  CHECK_OK(expect_forward(module, module.has_child("bn") ? "forward" : "forward_fuse"));
  if (module.has_child("bn")) {
    TRY(normalised, apply_child(t, module, "bn", y));
    y = normalised;
  }
  return apply_child(t, module, "act", y);
}

}  // namespace modelport::ultralytics
