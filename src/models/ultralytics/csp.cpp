#include "models/torch_modules/attributes.h"
#include "models/ultralytics/modules.h"

/// Blocks that send a part of the channels around their inner blocks (https://arxiv.org/abs/1911.11929).
namespace modelport::ultralytics {

namespace {

/// Applies each block to the last of `parts` and keeps every result.
Status extend(Translation& t, const ModuleView& module, std::vector<ValueId>& parts) {
  TRY(blocks, module_list(module, "m"));
  for (const ModuleView& block : blocks) {
    TRY(y, apply(t, block, parts.back()));
    parts.push_back(y);
  }
  return {};
}

}  // namespace

Result<ValueId> c1(Translation& t, const ModuleView& module, ValueId x) {
  TRY(y, apply_child(t, module, "cv1", x));
  TRY(inner, apply_child(t, module, "m", y));
  return t.b.add(inner, y);
}

Result<ValueId> c2(Translation& t, const ModuleView& module, ValueId x) {
  TRY(hidden, module.int_attribute("c"));
  TRY(both, apply_child(t, module, "cv1", x));
  TRY(parts, halves(t, module, both, hidden));
  TRY(inner, apply_child(t, module, "m", parts[0]));
  return apply_child(t, module, "cv2", t.b.concat({inner, parts[1]}, 1));
}

Result<ValueId> c2f(Translation& t, const ModuleView& module, ValueId x) {
  CHECK_OK(expect_forward(module, "forward_split"));
  TRY(hidden, module.int_attribute("c"));
  TRY(both, apply_child(t, module, "cv1", x));
  TRY(parts, halves(t, module, both, hidden));
  CHECK_OK(extend(t, module, parts));
  return apply_child(t, module, "cv2", t.b.concat(std::move(parts), 1));
}

Result<ValueId> c3(Translation& t, const ModuleView& module, ValueId x) {
  TRY(hidden, apply_child(t, module, "cv1", x));
  TRY(inner, apply_child(t, module, "m", hidden));
  TRY(around, apply_child(t, module, "cv2", x));
  if (module.has_attribute("c_")) {
    TRY(channels, fixed_size(t.b, module, hidden, 1));
    CHECK_OK(expect_int(module, "c_", channels));
  }
  return apply_child(t, module, "cv3", t.b.concat({inner, around}, 1));
}

Result<ValueId> c3f(Translation& t, const ModuleView& module, ValueId x) {
  TRY(around, apply_child(t, module, "cv2", x));
  TRY(hidden, apply_child(t, module, "cv1", x));
  std::vector<ValueId> parts{around, hidden};
  CHECK_OK(extend(t, module, parts));
  return apply_child(t, module, "cv3", t.b.concat(std::move(parts), 1));
}

}  // namespace modelport::ultralytics
