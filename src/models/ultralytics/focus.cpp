#include "models/ultralytics/modules.h"

namespace modelport::ultralytics {

Result<ValueId> focus(Translation& t, const ModuleView& module, ValueId x) {
  const Dim height = t.b.dim(x, 2), width = t.b.dim(x, 3);
  for (const Dim& size : {height, width}) {
    if (Dim(2) * floor_div(size, 2) == size) continue;
    return module.fail("an image of {} x {} pixels has no even halves", height.text(), width.text());
  }
  // [N, C, H/2, 2, W/2, 2]: phases of rows on axis 3, of columns on axis 5.
  const ValueId phases = t.b.split_axis(t.b.split_axis(x, 3, {floor_div(width, 2), 2}), 2, {floor_div(height, 2), 2});
  std::vector<ValueId> parts;
  for (const int column : {0, 1}) {
    for (const int row : {0, 1}) {
      const ValueId rows = t.b.slice(phases, 3, row, row + 1);
      const ValueId pixels = t.b.slice(rows, 5, column, column + 1);
      parts.push_back(t.b.merge_axes(t.b.merge_axes(pixels, 4, 2), 2, 2));
    }
  }
  return apply_child(t, module, "conv", t.b.concat(std::move(parts), 1));
}

}  // namespace modelport::ultralytics
