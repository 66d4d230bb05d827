#include "models/torch_modules/attributes.h"
#include "models/ultralytics/modules.h"

/// Blocks of the PP-HGNetV2 backbone (https://github.com/PaddlePaddle/PaddleDetection, backbones/hgnet_v2.py).
namespace modelport::ultralytics {

namespace {

/// F.pad(x, [0, 1, 0, 1]): a column and a row of zeros behind.
ValueId pad_behind(GraphBuilder& b, ValueId x) { return b.pad(x, {.pads = {0, 0, 1, 1}}); }

}  // namespace

Result<ValueId> hg_stem(Translation& t, const ModuleView& module, ValueId x) {
  TRY(halved, apply_child(t, module, "stem1", x));
  const ValueId padded = pad_behind(t.b, halved);
  TRY(narrow, apply_child(t, module, "stem2a", padded));
  TRY(wide, apply_child(t, module, "stem2b", pad_behind(t.b, narrow)));
  TRY(pooled, apply_child(t, module, "pool", padded));
  TRY(joined, apply_child(t, module, "stem3", t.b.concat({pooled, wide}, 1)));
  return apply_child(t, module, "stem4", joined);
}

Result<ValueId> hg_block(Translation& t, const ModuleView& module, ValueId x) {
  TRY(blocks, module_list(module, "m"));
  std::vector<ValueId> parts{x};
  for (const ModuleView& block : blocks) {
    TRY(y, apply(t, block, parts.back()));
    parts.push_back(y);
  }
  TRY(squeezed, apply_child(t, module, "sc", t.b.concat(std::move(parts), 1)));
  TRY(excited, apply_child(t, module, "ec", squeezed));
  return add_if(t, module, "add", x, excited);
}

Result<ValueId> light_conv(Translation& t, const ModuleView& module, ValueId x) {
  TRY(y, apply_child(t, module, "conv1", x));
  return apply_child(t, module, "conv2", y);
}

}  // namespace modelport::ultralytics
