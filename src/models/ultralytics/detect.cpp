#include "models/layers/weights.h"
#include "models/ultralytics/detect_head.h"
#include "models/ultralytics/modules.h"

namespace modelport::ultralytics {

namespace {

constexpr std::string_view kOneToOne[] = {"one2one_cv2", "one2one_cv3"};

/// End-to-end heads and box formats that a later export() would have set back are refused.
Status refuse_other_modes(const ModuleView& module) {
  for (const std::string_view branch : kOneToOne) {
    if (module.has_child(branch)) {
      return module.fail("it has an end-to-end branch ({}), which is not supported; one-to-many heads are", branch);
    }
  }
  for (const std::string_view flag : {"end2end", "_end2end", "xyxy"}) {
    if (module.is_none(flag)) continue;
    TRY(on, module.bool_attribute(flag));
    if (on) return module.fail("{} is True, which is not supported", flag);
  }
  return {};
}

}  // namespace

Result<ValueId> detect(Translation& t, const ModuleView& module, std::span<const ValueId> levels) {
  CHECK_OK(refuse_other_modes(module));
  TRY(head, read_detect_head(module, levels.size()));
  CHECK_OK(expect_int(module, "no", head.class_count + 4 * head.bins));
  TRY(distributions, head_branch(t, module, "cv2", levels, 4 * head.bins));
  TRY(logits, head_branch(t, module, "cv3", levels, head.class_count));
  TRY(boxes, decode_boxes(t, module, head, distributions, levels));
  return finish_detection(t, head, boxes, logits);
}

}  // namespace modelport::ultralytics
