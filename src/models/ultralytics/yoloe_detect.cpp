#include "models/torch_modules/attributes.h"
#include "models/ultralytics/detect_head.h"
#include "models/ultralytics/modules.h"
#include "models/ultralytics/prompt_fusion.h"
#include "models/ultralytics/segment_output.h"

/// The heads of YOLOE (https://arxiv.org/abs/2503.07465): scores are likenesses to the embeddings of prompts, which an
/// export folds into the last layers.
namespace modelport::ultralytics {

namespace {

constexpr std::string_view kLayers[] = {"cv2", "cv3", "cv4", "cv5"};

/// What YOLOEModel.get_cls_pe takes where no embeddings were set.
constexpr int64_t kDefaultClasses = 80;

/// The attributes of the head; the parts that only prompts given at run time pass through are set aside.
Result<DetectHead> read_head(Translation& t, const ModuleView& module, size_t levels) {
  module.ignore("reprta", "only prompts that are given at run time pass through it");
  module.ignore("savpe", "only prompts that are given at run time pass through it");
  return read_detect_head(t, module, levels, kLayers);
}

/// Embeddings of the classes, [classes, channels]: those of set_classes(), else zeros for 80 classes.
Result<ValueId> embeddings_of(Translation& t, const ModuleView& module) {
  if (t.text) return t.b.merge_axes(t.text->features, 0, 2);
  TRY(channels, bounded_int(module, "embed", 1));
  t.model.notes.push_back(
      "the checkpoint has no embeddings of its classes (pe): without set_classes() all classes score alike, as in the "
      "framework's own export");
  return t.b.floats({kDefaultClasses, channels}, std::vector<float>(static_cast<size_t>(kDefaultClasses * channels)));
}

/// cv3 and cv4 of each level: likeness to the prompts, [N, classes, A].
Result<ValueId> prompted_logits(Translation& t, const ModuleView& module, const DetectHead& head,
                                std::span<const ValueId> levels) {
  TRY(embeddings, module_list(module, head.layers("cv3")));
  TRY(contrasts, module_list(module, head.layers("cv4")));
  if (embeddings.size() != levels.size() || contrasts.size() != levels.size()) {
    return contradiction(module, "cv3 has {} and cv4 {} parts for {} levels", embeddings.size(), contrasts.size(),
                         levels.size());
  }
  std::optional<ValueId> prompts;
  std::vector<ValueId> parts;
  for (size_t i = 0; i < levels.size(); ++i) {
    ValueId y = levels[i];
    if (contrasts[i].has_child("norm")) {
      if (!prompts) {
        TRY(found, embeddings_of(t, module));
        prompts = found;
      }
      TRY(likeness, apply_with_prompts(t, embeddings[i], contrasts[i], levels[i], *prompts));
      y = likeness;
    } else {
      TRY(embedded, apply(t, embeddings[i], levels[i]));
      TRY(passed, apply(t, contrasts[i], embedded));
      y = passed;
    }
    CHECK_OK(expect_channels(t.b, embeddings[i], y, head.class_count));
    parts.push_back(t.b.merge_axes(y, 2, 2));
  }
  return t.b.concat(std::move(parts), 2);
}

struct Branches {
  ValueId distributions;  ///< [N, 4 bins, A].
  ValueId logits;         ///< [N, classes, A].
};

Result<Branches> prompted(Translation& t, const ModuleView& module, const DetectHead& head,
                          std::span<const ValueId> levels) {
  TRY(distributions, head_branch(t, module, head.layers("cv2"), levels, 4 * head.bins));
  TRY(logits, prompted_logits(t, module, head, levels));
  return Branches{distributions, logits};
}

/// LRPCHead of one level without its proposal filter, as static exports have it.
Result<Branches> propose(Translation& t, const ModuleView& module, const DetectHead& head, ValueId classes,
                         ValueId boxes) {
  CHECK_OK(expect_class(module, "ultralytics.nn.modules.head.LRPCHead"));
  module.ignore("pf", "filters cells by data; an export keeps every cell");
  TRY(enabled, module.bool_attribute("enabled"));
  TRY(distributions, apply_child(t, module, "loc", boxes));
  CHECK_OK(expect_channels(t.b, module, distributions, 4 * head.bins));
  const ValueId flat = t.b.merge_axes(distributions, 2, 2);
  if (!enabled) {
    TRY(logits, apply_child(t, module, "vocab", classes));
    return Branches{flat, t.b.merge_axes(logits, 2, 2)};
  }
  TRY(logits, apply_child(t, module, "vocab", t.b.permute(t.b.merge_axes(classes, 2, 2), {0, 2, 1})));
  return Branches{flat, t.b.permute(logits, {0, 2, 1})};
}

/// YOLOEDetect.forward_lrpc.
Result<Branches> prompt_free(Translation& t, const ModuleView& module, const DetectHead& head,
                             std::span<const ValueId> levels) {
  module.ignore(head.layers("cv4"), "the vocabulary takes its place");
  // A head that was built for one branch has its vocabulary under the plain name whichever branch that is.
  const std::string vocabulary = module.has_child(head.layers("lrpc")) ? head.layers("lrpc") : "lrpc";
  for (const std::string_view other : {"lrpc", "one2one_lrpc"}) {
    if (other != vocabulary) module.ignore(other, "the vocabulary of the branch that is not built");
  }
  TRY(box_layers, module_list(module, head.layers("cv2")));
  TRY(class_layers, module_list(module, head.layers("cv3")));
  TRY(proposers, module_list(module, vocabulary));
  if (box_layers.size() != levels.size() || class_layers.size() != levels.size() || proposers.size() != levels.size()) {
    return contradiction(module, "cv2, cv3 and lrpc have {}, {} and {} parts for {} levels", box_layers.size(),
                         class_layers.size(), proposers.size(), levels.size());
  }
  std::vector<ValueId> distributions, logits;
  for (size_t i = 0; i < levels.size(); ++i) {
    TRY(classes, apply(t, class_layers[i], levels[i]));
    TRY(boxes, apply(t, box_layers[i], levels[i]));
    TRY(level, propose(t, proposers[i], head, classes, boxes));
    CHECK_OK(expect_channels(t.b, proposers[i], level.logits, head.class_count));
    distributions.push_back(level.distributions);
    logits.push_back(level.logits);
  }
  return Branches{t.b.concat(std::move(distributions), 2), t.b.concat(std::move(logits), 2)};
}

Result<Branches> predict(Translation& t, const ModuleView& module, const DetectHead& head,
                         std::span<const ValueId> levels) {
  return module.has_child("lrpc") ? prompt_free(t, module, head, levels) : prompted(t, module, head, levels);
}

Result<ValueId> segment_with(Translation& t, const ModuleView& module, std::span<const ValueId> levels,
                             std::span<const ValueId> proto_inputs) {
  TRY(head, read_head(t, module, levels.size()));
  TRY(branches, predict(t, module, head, levels));
  return finish_segmentation(t, module, head, "cv5", branches.distributions, branches.logits, levels, proto_inputs);
}

}  // namespace

Result<ValueId> yoloe_detect(Translation& t, const ModuleView& module, std::span<const ValueId> levels) {
  TRY(head, read_head(t, module, levels.size()));
  TRY(branches, predict(t, module, head, levels));
  TRY(boxes, decode_boxes(t, module, head, branches.distributions, levels));
  return finish_detection(t, head, boxes, branches.logits);
}

Result<ValueId> yoloe_segment(Translation& t, const ModuleView& module, std::span<const ValueId> levels) {
  return segment_with(t, module, levels, levels.first(1));
}

Result<ValueId> yoloe_segment26(Translation& t, const ModuleView& module, std::span<const ValueId> levels) {
  return segment_with(t, module, levels, levels);
}

}  // namespace modelport::ultralytics
