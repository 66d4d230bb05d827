#include "models/ultralytics/preprocessing.h"

#include "models/torch_modules/attributes.h"

namespace modelport::ultralytics {

namespace {

constexpr int64_t kLetterboxGray = 114;

ColorSpace color_space(int64_t channels) {
  if (channels == 1) return ColorSpace::kGray;
  return channels == 3 ? ColorSpace::kRgb : ColorSpace::kMulti;
}

Preprocessing unit_range(int64_t channels) {
  Preprocessing out;
  out.mean.assign(static_cast<size_t>(channels), 0.0);
  out.std.assign(static_cast<size_t>(channels), 1.0);
  out.color_space = color_space(channels);
  return out;
}

/// The Normalize of a torchvision Compose, or null.
const PickleObject* find_normalize(const PickleValue& transforms) {
  const PickleObject* compose = transforms.as_object();
  const PickleValue* list = compose ? compose->attribute("transforms") : nullptr;
  const std::vector<PickleValue>* steps = list ? list->as_sequence() : nullptr;
  if (!steps) return nullptr;
  for (const PickleValue& step : *steps) {
    const PickleObject* object = step.as_object();
    if (object && object->type->name == "Normalize") return object;
  }
  return nullptr;
}

/// Numbers of a tensor, list or tuple; empty for anything else.
std::vector<double> numbers(const PickleValue* value) {
  std::vector<double> out;
  if (!value) return out;
  if (const Tensor* tensor = value->as_tensor()) return tensor->to_doubles();
  if (const auto* items = value->as_sequence()) {
    for (const PickleValue& item : *items) out.push_back(item.as_number().value_or(0));
  }
  return out;
}

}  // namespace

Preprocessing detection_preprocessing(int64_t channels, ResizePolicy resize) {
  Preprocessing out = unit_range(channels);
  out.resize = resize;
  if (resize == ResizePolicy::kLetterbox) out.pad_value = kLetterboxGray;
  return out;
}

Result<Preprocessing> classification_preprocessing(const ModuleView& root, int64_t channels,
                                                   std::array<int64_t, 2> image_size) {
  Preprocessing out = unit_range(channels);
  const bool square = image_size[0] == image_size[1];
  out.resize = square ? ResizePolicy::kShortestEdgeCenterCrop : ResizePolicy::kStretch;
  // torchvision resizes PIL images, which average over all pixels that a smaller one covers.
  out.interpolation = "bilinear_antialias";
  if (square) out.crop_fraction = 1.0;
  if (root.is_none("transforms")) return out;
  TRY(transforms, root.attribute("transforms"));
  if (const PickleObject* object = transforms.as_object(); object == nullptr || object->type->name != "Compose") {
    return root.fail("transforms is {}, expected torchvision's Compose",
                     object ? object->type->qualified_name() : pickle_kind_name(transforms.kind()));
  }
  if (const PickleObject* normalize = find_normalize(transforms)) {
    out.mean = numbers(normalize->attribute("mean"));
    out.std = numbers(normalize->attribute("std"));
    out.origin = FactOrigin::kCheckpoint;
    const auto count = static_cast<size_t>(channels);
    if (out.mean.size() != count || out.std.size() != count) {
      return contradiction(root, "transforms normalise {} channels, the model takes {}", out.mean.size(), channels);
    }
  }
  return out;
}

}  // namespace modelport::ultralytics
