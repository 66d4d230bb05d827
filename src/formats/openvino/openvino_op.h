#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "formats/native_operators.h"

namespace modelport::openvino {

/// Operations that this project writes and reads, each in one version: what OpenVINO 2023.0 (opset11) and every later
/// release load, and what their CPU plugin runs or fuses without a conversion.
enum class OpenvinoOpType : uint8_t {
  kAdd,
  kAvgPool,
  kBatchNormInference,
  kBroadcast,
  kClamp,
  kConcat,
  kConst,
  kConvert,
  kConvolution,
  kConvolutionBackpropData,
  kCos,
  kDivide,
  kElu,
  kErf,
  kExp,
  kGather,
  kGatherElements,
  kGelu,
  kGridSample,
  kGroupConvolution,
  kGroupConvolutionBackpropData,
  kHSigmoid,
  kHSwish,
  kInterpolate,
  kLess,
  kLog,
  kLogicalAnd,
  kMatMul,
  kMaximum,
  kMaxPool,
  kMinimum,
  kMish,
  kMultiply,
  kMVN,
  kNonMaxSuppression,
  kPad,
  kParameter,
  kPower,
  kPRelu,
  kRange,
  kReduceMax,
  kReduceMean,
  kReduceSum,
  kReLU,
  kReshape,
  kResult,
  kScatterNDUpdate,
  kSelect,
  kShapeOf,
  kSigmoid,
  kSin,
  kSlice,
  kSoftMax,
  kSoftPlus,
  kSqrt,
  kSqueeze,
  kSubtract,
  kSwish,
  kTanh,
  kTopK,
  kTranspose,
  kVariadicSplit,
};

/// How an operation is spelt in a layer, and the operation set whose definition it has.
struct OpenvinoOp {
  OpenvinoOpType type;
  std::string_view name;
  std::string_view opset;
};

/// In the order of the enumeration.
inline constexpr std::array kOpenvinoOps = {
    OpenvinoOp{OpenvinoOpType::kAdd, "Add", "opset1"},
    OpenvinoOp{OpenvinoOpType::kAvgPool, "AvgPool", "opset1"},
    OpenvinoOp{OpenvinoOpType::kBatchNormInference, "BatchNormInference", "opset5"},
    OpenvinoOp{OpenvinoOpType::kBroadcast, "Broadcast", "opset3"},
    OpenvinoOp{OpenvinoOpType::kClamp, "Clamp", "opset1"},
    OpenvinoOp{OpenvinoOpType::kConcat, "Concat", "opset1"},
    OpenvinoOp{OpenvinoOpType::kConst, "Const", "opset1"},
    OpenvinoOp{OpenvinoOpType::kConvert, "Convert", "opset1"},
    OpenvinoOp{OpenvinoOpType::kConvolution, "Convolution", "opset1"},
    OpenvinoOp{OpenvinoOpType::kConvolutionBackpropData, "ConvolutionBackpropData", "opset1"},
    OpenvinoOp{OpenvinoOpType::kCos, "Cos", "opset1"},
    OpenvinoOp{OpenvinoOpType::kDivide, "Divide", "opset1"},
    OpenvinoOp{OpenvinoOpType::kElu, "Elu", "opset1"},
    OpenvinoOp{OpenvinoOpType::kErf, "Erf", "opset1"},
    OpenvinoOp{OpenvinoOpType::kExp, "Exp", "opset1"},
    OpenvinoOp{OpenvinoOpType::kGather, "Gather", "opset8"},
    OpenvinoOp{OpenvinoOpType::kGatherElements, "GatherElements", "opset6"},
    OpenvinoOp{OpenvinoOpType::kGelu, "Gelu", "opset7"},
    OpenvinoOp{OpenvinoOpType::kGridSample, "GridSample", "opset9"},
    OpenvinoOp{OpenvinoOpType::kGroupConvolution, "GroupConvolution", "opset1"},
    OpenvinoOp{OpenvinoOpType::kGroupConvolutionBackpropData, "GroupConvolutionBackpropData", "opset1"},
    OpenvinoOp{OpenvinoOpType::kHSigmoid, "HSigmoid", "opset5"},
    OpenvinoOp{OpenvinoOpType::kHSwish, "HSwish", "opset4"},
    OpenvinoOp{OpenvinoOpType::kInterpolate, "Interpolate", "opset11"},
    OpenvinoOp{OpenvinoOpType::kLess, "Less", "opset1"},
    OpenvinoOp{OpenvinoOpType::kLog, "Log", "opset1"},
    OpenvinoOp{OpenvinoOpType::kLogicalAnd, "LogicalAnd", "opset1"},
    OpenvinoOp{OpenvinoOpType::kMatMul, "MatMul", "opset1"},
    OpenvinoOp{OpenvinoOpType::kMaximum, "Maximum", "opset1"},
    OpenvinoOp{OpenvinoOpType::kMaxPool, "MaxPool", "opset8"},
    OpenvinoOp{OpenvinoOpType::kMinimum, "Minimum", "opset1"},
    OpenvinoOp{OpenvinoOpType::kMish, "Mish", "opset4"},
    OpenvinoOp{OpenvinoOpType::kMultiply, "Multiply", "opset1"},
    OpenvinoOp{OpenvinoOpType::kMVN, "MVN", "opset6"},
    OpenvinoOp{OpenvinoOpType::kNonMaxSuppression, "NonMaxSuppression", "opset9"},
    OpenvinoOp{OpenvinoOpType::kPad, "Pad", "opset1"},
    OpenvinoOp{OpenvinoOpType::kParameter, "Parameter", "opset1"},
    OpenvinoOp{OpenvinoOpType::kPower, "Power", "opset1"},
    OpenvinoOp{OpenvinoOpType::kPRelu, "PReLU", "opset1"},
    OpenvinoOp{OpenvinoOpType::kRange, "Range", "opset4"},
    OpenvinoOp{OpenvinoOpType::kReduceMax, "ReduceMax", "opset1"},
    OpenvinoOp{OpenvinoOpType::kReduceMean, "ReduceMean", "opset1"},
    OpenvinoOp{OpenvinoOpType::kReduceSum, "ReduceSum", "opset1"},
    OpenvinoOp{OpenvinoOpType::kReLU, "ReLU", "opset1"},
    OpenvinoOp{OpenvinoOpType::kReshape, "Reshape", "opset1"},
    OpenvinoOp{OpenvinoOpType::kResult, "Result", "opset1"},
    OpenvinoOp{OpenvinoOpType::kScatterNDUpdate, "ScatterNDUpdate", "opset4"},
    OpenvinoOp{OpenvinoOpType::kSelect, "Select", "opset1"},
    OpenvinoOp{OpenvinoOpType::kShapeOf, "ShapeOf", "opset3"},
    OpenvinoOp{OpenvinoOpType::kSigmoid, "Sigmoid", "opset1"},
    OpenvinoOp{OpenvinoOpType::kSin, "Sin", "opset1"},
    OpenvinoOp{OpenvinoOpType::kSlice, "Slice", "opset8"},
    OpenvinoOp{OpenvinoOpType::kSoftMax, "SoftMax", "opset8"},
    OpenvinoOp{OpenvinoOpType::kSoftPlus, "SoftPlus", "opset4"},
    OpenvinoOp{OpenvinoOpType::kSqrt, "Sqrt", "opset1"},
    OpenvinoOp{OpenvinoOpType::kSqueeze, "Squeeze", "opset1"},
    OpenvinoOp{OpenvinoOpType::kSubtract, "Subtract", "opset1"},
    OpenvinoOp{OpenvinoOpType::kSwish, "Swish", "opset4"},
    OpenvinoOp{OpenvinoOpType::kTanh, "Tanh", "opset1"},
    OpenvinoOp{OpenvinoOpType::kTopK, "TopK", "opset11"},
    OpenvinoOp{OpenvinoOpType::kTranspose, "Transpose", "opset1"},
    OpenvinoOp{OpenvinoOpType::kVariadicSplit, "VariadicSplit", "opset1"},
};
inline constexpr size_t kOpenvinoOpCount = kOpenvinoOps.size();

namespace openvino_op_detail {
constexpr bool in_order() {
  for (size_t i = 0; i < kOpenvinoOpCount; ++i) {
    if (static_cast<size_t>(kOpenvinoOps[i].type) != i) return false;
  }
  return true;
}
}  // namespace openvino_op_detail
static_assert(openvino_op_detail::in_order());

constexpr const OpenvinoOp& openvino_op(OpenvinoOpType type) { return kOpenvinoOps[static_cast<size_t>(type)]; }

constexpr std::optional<OpenvinoOpType> openvino_op_from_name(std::string_view name) {
  for (const OpenvinoOp& row : kOpenvinoOps) {
    if (row.name == name) return row.type;
  }
  return std::nullopt;
}

/// The operators of the catalogue that have a form in OpenVINO; any other is decomposed.
using NativeOperators =
    OperatorList<Add, Attention, AveragePool, BatchNorm, Cast, Clip, Concat, Conv, ConvTranspose, Cos, Div, Elu, Erf,
                 Exp, Expand, Gather, GatherElements, Gelu, GridSample, HardSigmoid, HardSwish, LayerNorm, LeakyRelu,
                 Less, Linear, Log, LogicalAnd, MatMul, MaxPool, MergeAxes, Mish, Mul, NonMaxSuppression, Pad, Permute,
                 Pow, Range, ReduceMax, ReduceMean, ReduceSum, Relu, Reshape, Resize, Sigmoid, Silu, Sin, Slice,
                 Softmax, Softplus, Split, SplitAxis, Sqrt, Sub, Tanh, TopK, Where>;
using RefusedOperators = OperatorList<>;
static_assert(covers_catalogue(NativeOperators(), RefusedOperators()));

}  // namespace modelport::openvino
