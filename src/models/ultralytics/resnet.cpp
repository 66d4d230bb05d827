#include "models/ultralytics/modules.h"

/// Residual networks with the framework's convolutions (https://arxiv.org/abs/1512.03385).
namespace modelport::ultralytics {

Result<ValueId> res_net_block(Translation& t, const ModuleView& module, ValueId x) {
  ValueId y = x;
  for (const std::string_view name : {"cv1", "cv2", "cv3"}) {
    TRY(next, apply_child(t, module, name, y));
    y = next;
  }
  TRY(around, apply_child(t, module, "shortcut", x));
  return t.b.unary(Relu{}, t.b.add(y, around));
}

Result<ValueId> res_net_layer(Translation& t, const ModuleView& module, ValueId x) {
  module.ignore("is_first", "how its layers were built, which are read");
  return apply_child(t, module, "layer", x);
}

}  // namespace modelport::ultralytics
