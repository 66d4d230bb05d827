#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace modelport {

/// Operators of the standard ONNX domain that this project writes and reads.
enum class OnnxOpType : uint8_t {
  kAdd,
  kAnd,
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
  kSplit,
  kSqrt,
  kSqueeze,
  kSub,
  kTanh,
  kTopK,
  kTranspose,
  kWhere,
};

/// NodeProto.op_type, in the order of the enumeration.
inline constexpr std::array<std::string_view, 58> kOnnxOpNames = {"Add",
                                                                  "And",
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
                                                                  "Split",
                                                                  "Sqrt",
                                                                  "Squeeze",
                                                                  "Sub",
                                                                  "Tanh",
                                                                  "TopK",
                                                                  "Transpose",
                                                                  "Where"};
inline constexpr size_t kOnnxOpCount = kOnnxOpNames.size();
static_assert(static_cast<size_t>(OnnxOpType::kWhere) + 1 == kOnnxOpCount);

constexpr std::string_view onnx_op_name(OnnxOpType type) { return kOnnxOpNames[static_cast<size_t>(type)]; }

constexpr std::optional<OnnxOpType> onnx_op_from_name(std::string_view name) {
  for (size_t i = 0; i < kOnnxOpCount; ++i) {
    if (kOnnxOpNames[i] == name) return static_cast<OnnxOpType>(i);
  }
  return std::nullopt;
}

}  // namespace modelport
