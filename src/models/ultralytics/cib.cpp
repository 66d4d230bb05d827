#include "models/torch_modules/attributes.h"
#include "models/ultralytics/modules.h"

/// Blocks of YOLOv10 (https://arxiv.org/abs/2405.14458).
namespace modelport::ultralytics {

Result<ValueId> rep_vgg_dw(Translation& t, const ModuleView& module, ValueId x) {
  TRY(channels, fixed_size(t.b, module, x, 1));
  CHECK_OK(expect_int(module, "dim", channels));
  const bool fused = !module.has_child("conv1");
  CHECK_OK(expect_forward(module, fused ? "forward_fuse" : "forward"));
  TRY(wide, apply_child(t, module, "conv", x));
  if (fused) return apply_child(t, module, "act", wide);
  TRY(narrow, apply_child(t, module, "conv1", x));
  return apply_child(t, module, "act", t.b.add(wide, narrow));
}

Result<ValueId> cib(Translation& t, const ModuleView& module, ValueId x) {
  TRY(y, apply_child(t, module, "cv1", x));
  return add_if(t, module, "add", x, y);
}

Result<ValueId> sc_down(Translation& t, const ModuleView& module, ValueId x) {
  TRY(y, apply_child(t, module, "cv1", x));
  return apply_child(t, module, "cv2", y);
}

}  // namespace modelport::ultralytics
