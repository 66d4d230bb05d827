#include "models/ultralytics/modules.h"

/// Blocks that make half of their channels from the other half (https://arxiv.org/abs/1911.11907).
namespace modelport::ultralytics {

Result<ValueId> ghost_conv(Translation& t, const ModuleView& module, ValueId x) {
  TRY(primary, apply_child(t, module, "cv1", x));
  TRY(ghost, apply_child(t, module, "cv2", primary));
  return t.b.concat({primary, ghost}, 1);
}

Result<ValueId> ghost_bottleneck(Translation& t, const ModuleView& module, ValueId x) {
  TRY(y, apply_child(t, module, "conv", x));
  TRY(around, apply_child(t, module, "shortcut", x));
  return t.b.add(y, around);
}

}  // namespace modelport::ultralytics
