#pragma once

#include "models/layers/weights.h"

namespace modelport {

struct AttentionInputs {
  ValueId query;  ///< [N, L, width]
  ValueId key;    ///< [N, S, width]
  ValueId value;  ///< [N, S, width]
};

/// softmax(q k^T / sqrt(channels)) v of every head apart; the heads lie behind one another along the last axis.
/// -> [N, L, width].
Result<ValueId> attention(GraphBuilder& b, const AttentionInputs& inputs, int64_t heads);

/// As torch.nn.MultiheadAttention without masks: `in_proj_weight` [3 width, width], `in_proj_bias`, `out_proj`.
struct MultiheadAttentionLayer {
  int64_t width;
  int64_t heads;
  Parameter bias = Parameter::kRequired;  ///< Of all four projections.
};
Result<ValueId> multihead_attention(GraphBuilder& b, const Weights& weights, const AttentionInputs& inputs,
                                    const MultiheadAttentionLayer& layer);

}  // namespace modelport
