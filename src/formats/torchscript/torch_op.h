#pragma once

#include "formats/native_operators.h"

namespace modelport::torchscript {

/// The operators of the catalogue that have a form in torch 1.13; any other is decomposed. Its fused attention is not
/// public yet.
using NativeOperators =
    OperatorList<Add, AveragePool, BatchNorm, Cast, Clip, Concat, Conv, ConvTranspose, Cos, Div, Elu, Erf, Exp, Expand,
                 Gather, GatherElements, Gelu, GridSample, HardSigmoid, HardSwish, LayerNorm, LeakyRelu, Less, Linear,
                 Log, LogicalAnd, MatMul, MaxPool, MergeAxes, Mish, Mul, NonMaxSuppression, Pad, Permute, Pow, Range,
                 ReduceMax, ReduceMean, ReduceSum, Relu, Reshape, Resize, Sigmoid, Silu, Sin, Slice, Softmax, Softplus,
                 Split, SplitAxis, Sqrt, Sub, Tanh, TopK, Where>;
using RefusedOperators = OperatorList<>;
static_assert(covers_catalogue(NativeOperators(), RefusedOperators()));

}  // namespace modelport::torchscript
