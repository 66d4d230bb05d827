#pragma once

#include "modules/module_view.h"
#include "source/source_model.h"

namespace modelport::ultralytics {

/// What the framework's detection predictors do to an image: LetterBox (ultralytics/data/augment.py), which RT-DETR's
/// has stretch both sides (`scale_fill`), pixels / 255.
Preprocessing detection_preprocessing(int64_t channels, ResizePolicy resize);

/// What its classification predictor does (classify_transforms): the shortest edge to the input's side, centre crop;
/// for an input that is not square both sides are stretched. Mean and deviation are those of the Normalize among the
/// model's `transforms`, where it carries them, else 0 and 1.
Result<Preprocessing> classification_preprocessing(const ModuleView& root, int64_t channels,
                                                   std::array<int64_t, 2> image_size);

}  // namespace modelport::ultralytics
