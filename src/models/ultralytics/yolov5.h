#pragma once

#include "models/ultralytics/translation.h"

/// The modules of the original YOLOv5 repository whose forward() is not that of a class of the package.
namespace modelport::ultralytics {

// models/yolo.py: these also add the model's outputs, probes and task facts, and return the first output.
/// Detect, which corrects given boxes, several a cell: levels -> [N, A, 5 + nc], boxes as xywh in input pixels,
/// objectness and class scores in [0, 1]; where suppression follows, [N, 4 + nc, A] with objectness times class score.
/// Level by level, A counts the given boxes of a cell, then rows, then columns.
Result<ValueId> yolov5_detect(Translation& t, const ModuleView& module, std::span<const ValueId> levels);
/// Segment: the same with mask coefficients behind the scores, and prototypes [N, masks, H/4, W/4] as output1.
Result<ValueId> yolov5_segment(Translation& t, const ModuleView& module, std::span<const ValueId> levels);

// models/common.py
/// Classify: features (several are concatenated) -> [N, nc] logits.
Result<ValueId> yolov5_classify(Translation& t, const ModuleView& module, std::span<const ValueId> inputs);
/// Contract: every `gain` x `gain` pixels as channels.
Result<ValueId> contract(Translation& t, const ModuleView& module, ValueId x);
/// Expand: its inverse.
Result<ValueId> expand(Translation& t, const ModuleView& module, ValueId x);

}  // namespace modelport::ultralytics
