#include "models/ultralytics/text_features.h"

#include "models/layers/weights.h"

namespace modelport::ultralytics {

namespace {

/// What YOLOEModel.get_cls_pe makes without embeddings.
constexpr int64_t kDefaultClasses = 80;
constexpr int64_t kDefaultChannels = 512;

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
  if (!root.is_none("pe")) return read_features(t, root, "pe");
  t.model.notes.push_back(
      "the checkpoint has no embeddings of its classes (pe): without set_classes() all classes score alike, as in the "
      "framework's own export");
  const ValueId zeros = t.b.floats({1, kDefaultClasses, kDefaultChannels},
                                   std::vector<float>(static_cast<size_t>(kDefaultClasses * kDefaultChannels)));
  t.text = TextFeatures{.features = zeros, .guide = zeros};
  return {};
}

}  // namespace modelport::ultralytics
