#include "models/torch_modules/attributes.h"
#include "models/ultralytics/modules.h"

/// Mask prototypes of segmentation heads (YOLACT, https://arxiv.org/abs/1904.02689).
namespace modelport::ultralytics {

Result<ValueId> proto(Translation& t, const ModuleView& module, ValueId x) {
  for (const std::string_view name : {"cv1", "upsample", "cv2", "cv3"}) {
    TRY(y, apply_child(t, module, name, x));
    x = y;
  }
  return x;
}

Result<ValueId> proto26(Translation& t, const ModuleView& module, std::span<const ValueId> levels) {
  module.ignore("semseg", "a loss of training");
  TRY(refine, module_list(module, "feat_refine"));
  if (levels.size() != refine.size() + 1) {
    return contradiction(module, "feat_refine has {} parts for {} levels", refine.size(), levels.size());
  }
  ValueId features = levels[0];
  int64_t factor = 1;
  for (size_t i = 0; i < refine.size(); ++i) {
    factor *= 2;
    TRY(y, apply(t, refine[i], levels[i + 1]));
    const ValueId upsampled = t.b.resize(y, {Dim(factor) * t.b.dim(y, 2), Dim(factor) * t.b.dim(y, 3)});
    features = t.b.add(features, upsampled);
  }
  TRY(fused, apply_child(t, module, "feat_fuse", features));
  return proto(t, module, fused);
}

}  // namespace modelport::ultralytics
