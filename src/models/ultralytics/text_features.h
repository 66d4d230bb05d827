#pragma once

#include "models/ultralytics/translation.h"

/// Where models that are guided by text keep the features of their classes, which a text encoder gave once.
namespace modelport::ultralytics {

/// `txt_feats` of a WorldModel [1, classes, channels], as set_classes() leaves them.
Status read_world_features(Translation& t, const ModuleView& root);

/// `pe` of a YOLOEModel [1, classes, channels], as set_classes() leaves them, where its head has not been fused with
/// them and was not built for a vocabulary.
Status read_prompt_embeddings(Translation& t, const ModuleView& root);

}  // namespace modelport::ultralytics
