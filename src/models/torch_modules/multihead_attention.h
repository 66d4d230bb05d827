#pragma once

#include "models/layers/multihead_attention.h"
#include "modules/module_view.h"

namespace modelport {

/// How the caller's forward() hands sequences to torch.nn.MultiheadAttention: which of the first two axes is the batch.
/// The module's `batch_first` must say the same.
enum class SequenceOrder { kBatchFirst, kLengthFirst };

/// torch.nn.MultiheadAttention without masks -> [N, L, embed_dim]. Keys and values of other widths than the query,
/// bias_k, bias_v and add_zero_attn are refused.
Result<ValueId> multihead_attention(GraphBuilder& b, const ModuleView& module, const AttentionInputs& inputs,
                                    SequenceOrder order);

}  // namespace modelport
