#pragma once

#include "modules/module_view.h"
#include "source/source_model.h"

namespace modelport::ultralytics {

/// Names and skeleton of a pose model's keypoints: the names that the root model keeps (`kpt_names`); COCO's for 17
/// keypoints without; else "keypoint_1", "keypoint_2" ... and no skeleton, with a note.
Status name_keypoints(const ModuleView& root, PoseFacts& pose, std::vector<std::string>& notes);

}  // namespace modelport::ultralytics
