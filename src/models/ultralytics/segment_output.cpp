#include "models/ultralytics/segment_output.h"

#include "models/torch_modules/attributes.h"

namespace modelport::ultralytics {

Result<ValueId> finish_segmentation(Translation& t, const ModuleView& module, const DetectHead& head,
                                    std::string_view layer, ValueId distributions, ValueId logits,
                                    std::span<const ValueId> levels, std::span<const ValueId> proto_inputs) {
  TRY(masks, bounded_int(module, "nm", 1));
  TRY(coefficients, head_branch(t, module, head.layers(layer), levels, masks));
  TRY(boxes, decode_boxes(t, module, head, distributions, levels));
  TRY(proto_module, module.child("proto"));
  TRY(prototypes, apply(t, proto_module, proto_inputs));
  CHECK_OK(expect_channels(t.b, proto_module, prototypes, masks));
  const ValueId output =
      finish_detection(t, head, boxes, logits,
                       HeadExtra{"mask_coefficients",
                                 coefficients,
                                 masks,
                                 {{.name = "mask_coefficients", .role = Role::kFeatures, .begin = 0, .end = masks}}});
  add_probe(t, "mask_coefficients", Role::kFeatures, coefficients);
  t.b.output("output1", prototypes);
  t.model.outputs.push_back({.name = "output1", .layout = "NCHW", .role = Role::kFeatures, .groups = {}});
  return output;
}

}  // namespace modelport::ultralytics
