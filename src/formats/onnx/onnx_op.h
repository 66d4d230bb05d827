#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "formats/native_operators.h"

namespace modelport::onnx {

/// Operators of the standard ONNX domain that this project writes and reads.
enum class OnnxOpType : uint8_t {
  kAdd,
  kAnd,
  kArgMax,
  kAveragePool,
  kBatchNormalization,
  kCast,
  kClip,
  kConcat,
  kConv,
  kConvTranspose,
  kCos,
  kDiv,
  kElu,
  kErf,
  kExp,
  kExpand,
  kGather,
  kGatherElements,
  kGelu,
  kGemm,
  kGlobalAveragePool,
  kGlobalMaxPool,
  kGridSample,
  kHardSigmoid,
  kHardSwish,
  kIdentity,
  kLayerNormalization,
  kLeakyRelu,
  kLess,
  kLog,
  kMatMul,
  kMax,
  kMaxPool,
  kMin,
  kMish,
  kMul,
  kNonMaxSuppression,
  kPad,
  kPow,
  kRange,
  kReduceMax,
  kReduceMean,
  kReduceMin,
  kReduceSum,
  kRelu,
  kReshape,
  kResize,
  kScatterND,
  kShape,
  kSigmoid,
  kSin,
  kSlice,
  kSoftmax,
  kSoftplus,
  kSqrt,
  kSqueeze,
  kSub,
  kTanh,
  kTopK,
  kTranspose,
  kWhere,
};

/// NodeProto.op_type, in the order of the enumeration.
inline constexpr auto kOnnxOpNames = std::to_array<std::string_view>({
    "Add",
    "And",
    "ArgMax",
    "AveragePool",
    "BatchNormalization",
    "Cast",
    "Clip",
    "Concat",
    "Conv",
    "ConvTranspose",
    "Cos",
    "Div",
    "Elu",
    "Erf",
    "Exp",
    "Expand",
    "Gather",
    "GatherElements",
    "Gelu",
    "Gemm",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "GridSample",
    "HardSigmoid",
    "HardSwish",
    "Identity",
    "LayerNormalization",
    "LeakyRelu",
    "Less",
    "Log",
    "MatMul",
    "Max",
    "MaxPool",
    "Min",
    "Mish",
    "Mul",
    "NonMaxSuppression",
    "Pad",
    "Pow",
    "Range",
    "ReduceMax",
    "ReduceMean",
    "ReduceMin",
    "ReduceSum",
    "Relu",
    "Reshape",
    "Resize",
    "ScatterND",
    "Shape",
    "Sigmoid",
    "Sin",
    "Slice",
    "Softmax",
    "Softplus",
    "Sqrt",
    "Squeeze",
    "Sub",
    "Tanh",
    "TopK",
    "Transpose",
    "Where",
});
inline constexpr size_t kOnnxOpCount = kOnnxOpNames.size();
static_assert(static_cast<size_t>(OnnxOpType::kWhere) + 1 == kOnnxOpCount);

constexpr std::string_view onnx_op_name(OnnxOpType type) { return kOnnxOpNames[static_cast<size_t>(type)]; }

constexpr std::optional<OnnxOpType> onnx_op_from_name(std::string_view name) {
  for (size_t i = 0; i < kOnnxOpCount; ++i) {
    if (kOnnxOpNames[i] == name) return static_cast<OnnxOpType>(i);
  }
  return std::nullopt;
}

/// The operators of the catalogue that have a form in ONNX, some from an opset on; any other is decomposed. Attention
/// is there from opset 23, and Swish from 24: engines recognise x * Sigmoid(x).
using NativeOperators =
    OperatorList<Add, AveragePool, BatchNorm, Cast, Clip, Concat, Conv, ConvTranspose, Cos, Div, Elu, Erf, Exp, Expand,
                 Gather, GatherElements, Since<Gelu, 20>, Since<GridSample, 16>, HardSigmoid, Since<HardSwish, 14>,
                 Since<LayerNorm, 17>, LeakyRelu, Less, Linear, Log, LogicalAnd, MatMul, MaxPool, MergeAxes,
                 Since<Mish, 18>, Mul, NonMaxSuppression, Pad, Permute, Pow, Range, ReduceMax, ReduceMean, ReduceSum,
                 Relu, Reshape, Resize, Sigmoid, Sin, Slice, Softmax, Softplus, Split, SplitAxis, Sqrt, Sub, Tanh, TopK,
                 Where>;
using RefusedOperators = OperatorList<>;
static_assert(covers_catalogue(NativeOperators(), RefusedOperators()));

}  // namespace modelport::onnx
