#include "models/torch_modules/attributes.h"
#include "models/ultralytics/detect_head.h"
#include "models/ultralytics/modules.h"

/// The head of YOLO-World (https://arxiv.org/abs/2401.17270): scores are likenesses to the classes' text features.
namespace modelport::ultralytics {

Result<ValueId> world_detect(Translation& t, const ModuleView& module, std::span<const ValueId> levels) {
  constexpr std::string_view kLayers[] = {"cv2", "cv3", "cv4"};
  TRY(head, read_detect_head(t, module, levels.size(), kLayers));
  TRY(distributions, head_branch(t, module, "cv2", levels, 4 * head.bins));
  TRY(embeddings, module_list(module, "cv3"));
  TRY(contrasts, module_list(module, "cv4"));
  if (embeddings.size() != levels.size() || contrasts.size() != levels.size()) {
    return contradiction(module, "cv3 has {} and cv4 {} parts for {} levels", embeddings.size(), contrasts.size(),
                         levels.size());
  }
  std::vector<ValueId> parts;
  for (size_t i = 0; i < levels.size(); ++i) {
    TRY(embedded, apply(t, embeddings[i], levels[i]));
    TRY(y, apply(t, contrasts[i], embedded));
    CHECK_OK(expect_channels(t.b, contrasts[i], y, head.class_count));
    parts.push_back(t.b.merge_axes(y, 2, 2));
  }
  const ValueId logits = t.b.concat(std::move(parts), 2);
  TRY(boxes, decode_boxes(t, module, head, distributions, levels));
  return finish_detection(t, head, boxes, logits);
}

}  // namespace modelport::ultralytics
