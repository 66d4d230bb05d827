#pragma once

#include <utility>

#include "models/ultralytics/translation.h"

/// The deformable transformer decoder of RT-DETR (ultralytics/nn/modules/transformer.py, after
/// https://arxiv.org/abs/2010.04159 and https://arxiv.org/abs/2304.08069).
namespace modelport::ultralytics {

/// What queries attend to.
struct DecoderMemory {
  ValueId features;                              ///< [N, A, C], level by level, row by row.
  std::vector<std::pair<Dim, Dim>> level_sizes;  ///< Height and width of each level.
};

struct DecoderModules {
  ModuleView decoder;      ///< DeformableTransformerDecoder.
  ModuleView box_heads;    ///< One a layer.
  ModuleView score_heads;  ///< One a layer; inference reads the last one's.
  ModuleView position;     ///< [N, Q, 4] boxes -> [N, Q, C].
};

struct DecodedQueries {
  ValueId boxes;   ///< [N, Q, 4]: x, y of the middle, width, height, as parts of the image.
  ValueId logits;  ///< [N, Q, classes].
};

/// DeformableTransformerDecoder.forward in evaluation mode: `embed` [N, Q, C], `logits` [N, Q, 4] the boxes to start
/// from, before sigmoid.
Result<DecodedQueries> decode_queries(Translation& t, const DecoderModules& modules, ValueId embed, ValueId logits,
                                      const DecoderMemory& memory);

}  // namespace modelport::ultralytics
