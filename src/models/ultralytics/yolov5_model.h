#pragma once

#include "models/ultralytics/architecture_table.h"
#include "models/ultralytics/build_model.h"

/// Checkpoints of the original YOLOv5 repository (github.com/ultralytics/yolov5), which pickles models.yolo.Model or,
/// since 7.0, DetectionModel, SegmentationModel and ClassificationModel. What it records beside the network is in
/// `opt`.
namespace modelport::ultralytics {

bool is_yolov5_detector(const ModelClasses& classes);
bool is_yolov5_segmenter(const ModelClasses& classes);
bool is_yolov5_classifier(const ModelClasses& classes);

Result<SourceModel> build_yolov5_detector(const ModelSource& source, const BuildRequest& request);
Result<SourceModel> build_yolov5_segmenter(const ModelSource& source, const BuildRequest& request);
/// Logits, as its own export gives them; pictures normalised by ImageNet's mean and deviation.
Result<SourceModel> build_yolov5_classifier(const ModelSource& source, const BuildRequest& request);

}  // namespace modelport::ultralytics
