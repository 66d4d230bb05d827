#pragma once

#include "formats/torchscript/raise/raising.h"

/// One function per torch operator (or group of one meaning), by its schema in native_functions.yaml.
namespace modelport::torchscript::from_torch {

// convolution.cpp
Result<TorchRaised> conv2d(TorchCall& call);
Result<TorchRaised> conv_transpose2d(TorchCall& call);
Result<TorchRaised> batch_norm(TorchCall& call);
Result<TorchRaised> max_pool2d(TorchCall& call);
Result<TorchRaised> avg_pool2d(TorchCall& call);
Result<TorchRaised> constant_pad_nd(TorchCall& call);
Result<TorchRaised> reflection_pad2d(TorchCall& call);
Result<TorchRaised> replication_pad2d(TorchCall& call);
Result<TorchRaised> upsample_nearest2d(TorchCall& call);
Result<TorchRaised> upsample_bilinear2d(TorchCall& call);

// elementwise.cpp
Result<TorchRaised> add(TorchCall& call);
Result<TorchRaised> sub(TorchCall& call);
Result<TorchRaised> mul(TorchCall& call);
Result<TorchRaised> div(TorchCall& call);
Result<TorchRaised> pow(TorchCall& call);
Result<TorchRaised> lt(TorchCall& call);
Result<TorchRaised> logical_and(TorchCall& call);
Result<TorchRaised> where(TorchCall& call);
Result<TorchRaised> leaky_relu(TorchCall& call);
Result<TorchRaised> elu(TorchCall& call);
Result<TorchRaised> clamp(TorchCall& call);
Result<TorchRaised> gelu(TorchCall& call);
Result<TorchRaised> to(TorchCall& call);
/// Operators of one tensor and no attributes.
Result<TorchRaised> unary(TorchCall& call, Op op);

// matrix.cpp
Result<TorchRaised> matmul(TorchCall& call);
Result<TorchRaised> linear(TorchCall& call);
Result<TorchRaised> layer_norm(TorchCall& call);
Result<TorchRaised> softmax(TorchCall& call);
Result<TorchRaised> mean(TorchCall& call);
Result<TorchRaised> amax(TorchCall& call);
Result<TorchRaised> sum(TorchCall& call);

// structure.cpp
Result<TorchRaised> arange(TorchCall& call);
Result<TorchRaised> cat(TorchCall& call);
Result<TorchRaised> expand(TorchCall& call);
Result<TorchRaised> index_select(TorchCall& call);
Result<TorchRaised> permute(TorchCall& call);
Result<TorchRaised> reshape(TorchCall& call);
Result<TorchRaised> slice(TorchCall& call);
Result<TorchRaised> split_with_sizes(TorchCall& call);

// sizes.cpp: what is known of values before they are computed
Result<TorchRaised> size(TorchCall& call);
Result<TorchRaised> floordiv(TorchCall& call);
Result<TorchRaised> prim_min(TorchCall& call);
Result<TorchRaised> prim_max(TorchCall& call);
Result<TorchRaised> prim_dtype(TorchCall& call);
Result<TorchRaised> prim_device(TorchCall& call);

// selection.cpp
Result<TorchRaised> topk(TorchCall& call);
Result<TorchRaised> sort(TorchCall& call);
Result<TorchRaised> gather(TorchCall& call);
Result<TorchRaised> grid_sampler(TorchCall& call);
Result<TorchRaised> non_max_suppression(TorchCall& call);

}  // namespace modelport::torchscript::from_torch
