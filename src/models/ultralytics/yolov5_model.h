#pragma once

#include "models/ultralytics/build_model.h"

/// Checkpoints of the original YOLOv5 repository (github.com/ultralytics/yolov5), which pickles models.yolo.Model or,
/// since 7.0, DetectionModel, SegmentationModel and ClassificationModel. What it records beside the network is in
/// `opt`.
namespace modelport::ultralytics {

bool is_yolov5_detector(const Checkpoint& checkpoint);
bool is_yolov5_segmenter(const Checkpoint& checkpoint);
bool is_yolov5_classifier(const Checkpoint& checkpoint);

Result<SourceModel> build_yolov5_detector(const Checkpoint& checkpoint, Ledger& ledger, const BuildRequest& request);
Result<SourceModel> build_yolov5_segmenter(const Checkpoint& checkpoint, Ledger& ledger, const BuildRequest& request);
/// Logits, as its own export gives them; pictures normalised by ImageNet's mean and deviation.
Result<SourceModel> build_yolov5_classifier(const Checkpoint& checkpoint, Ledger& ledger, const BuildRequest& request);

}  // namespace modelport::ultralytics
