#include "models/ultralytics/text_features.h"

#include "models/torch_modules/attributes.h"

namespace modelport::ultralytics {

namespace {

Status read_features(Translation& t, const ModuleView& root, std::string_view name) {
  TRY(tensor, root.tensor_attribute(name));
  const Shape& shape = tensor.shape();
  if (!is_float(tensor.dtype()) || shape.size() != 3 || shape[0] != 1 || shape[1] < 1) {
    return contradiction(root, "{} is {} {}, floats [1, classes, channels] are expected", name,
                         dtype_name(tensor.dtype()), shape_text(shape));
  }
  const ValueId features = t.b.constant(WeightRecipe::source(tensor, std::string(name)).convert(DType::kFloat32));
  t.text = TextFeatures{.features = features, .guide = features};
  return {};
}

}  // namespace

Status read_world_features(Translation& t, const ModuleView& root) { return read_features(t, root, "txt_feats"); }

Status read_prompt_embeddings(Translation& t, const ModuleView& root) {
  if (root.is_none("pe")) return {};
  TRY(layers, module_list(root, "model"));
  if (layers.empty()) return root.fail("it has no layers");
  const ModuleView& head = layers.back();
  TRY(fused, head.bool_attribute("is_fused", false));
  if (fused || head.has_child("lrpc")) {
    root.ignore("pe", "folded into the head's last layers");
    return {};
  }
  return read_features(t, root, "pe");
}

}  // namespace modelport::ultralytics
