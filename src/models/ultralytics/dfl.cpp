#include "models/torch_modules/attributes.h"
#include "models/ultralytics/modules.h"

namespace modelport::ultralytics {

Result<ValueId> dfl(Translation& t, const ModuleView& module, ValueId x) {
  TRY(bins, bounded_int(module, "c1", 1));
  CHECK_OK(expect_channels(t.b, module, x, 4 * bins));
  const ValueId by_side = t.b.permute(t.b.split_axis(x, 1, {4, bins}), {0, 2, 1, 3});
  TRY(expected, apply_child(t, module, "conv", t.b.softmax(by_side, 1)));
  CHECK_OK(expect_channels(t.b, module, expected, 1));
  return t.b.merge_axes(expected, 1, 2);
}

}  // namespace modelport::ultralytics
