#pragma once

#include "source/architecture.h"

namespace modelport {

/// Puts what a consumer would do to pixels into the graph: the input becomes uint8 [N, H, W, C], and layout, order of
/// the channels, /255, mean and standard deviation follow inside. `input` says in which order the channels come.
/// Resizing stays the consumer's. kInvalidArgument for BGR pixels of a model that does not take three channels.
Status embed_preprocessing(SourceModel& model, ImageInput input);

}  // namespace modelport
