#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace modelport {

/// Operators of the standard ONNX domain that this project writes and reads.
enum class OnnxOpType : uint8_t {
  kAdd,
  kBatchNormalization,
  kCast,
  kClip,
  kConcat,
  kConv,
  kDiv,
  kElu,
  kErf,
  kExp,
  kExpand,
  kGather,
  kGelu,
  kGemm,
  kHardSigmoid,
  kHardSwish,
  kIdentity,
  kLayerNormalization,
  kLeakyRelu,
  kMatMul,
  kMax,
  kMaxPool,
  kMin,
  kMish,
  kMul,
  kPad,
  kPow,
  kRange,
  kReduceMean,
  kRelu,
  kReshape,
  kResize,
  kShape,
  kSigmoid,
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
};

/// NodeProto.op_type, in the order of the enumeration.
inline constexpr std::array<std::string_view, 44> kOnnxOpNames = {"Add",         "BatchNormalization",
                                                                  "Cast",        "Clip",
                                                                  "Concat",      "Conv",
                                                                  "Div",         "Elu",
                                                                  "Erf",         "Exp",
                                                                  "Expand",      "Gather",
                                                                  "Gelu",        "Gemm",
                                                                  "HardSigmoid", "HardSwish",
                                                                  "Identity",    "LayerNormalization",
                                                                  "LeakyRelu",   "MatMul",
                                                                  "Max",         "MaxPool",
                                                                  "Min",         "Mish",
                                                                  "Mul",         "Pad",
                                                                  "Pow",         "Range",
                                                                  "ReduceMean",  "Relu",
                                                                  "Reshape",     "Resize",
                                                                  "Shape",       "Sigmoid",
                                                                  "Slice",       "Softmax",
                                                                  "Softplus",    "Split",
                                                                  "Sqrt",        "Squeeze",
                                                                  "Sub",         "Tanh",
                                                                  "TopK",        "Transpose"};
inline constexpr size_t kOnnxOpCount = kOnnxOpNames.size();
static_assert(static_cast<size_t>(OnnxOpType::kTranspose) + 1 == kOnnxOpCount);

constexpr std::string_view onnx_op_name(OnnxOpType type) { return kOnnxOpNames[static_cast<size_t>(type)]; }

constexpr std::optional<OnnxOpType> onnx_op_from_name(std::string_view name) {
  for (size_t i = 0; i < kOnnxOpCount; ++i) {
    if (kOnnxOpNames[i] == name) return static_cast<OnnxOpType>(i);
  }
  return std::nullopt;
}

}  // namespace modelport
