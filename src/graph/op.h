#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "graph/dim.h"
#include "tensor/dtype.h"

/// The catalogue: what operators mean, as data, with nothing of any format. Names and semantics are ONNX's and
/// PyTorch's where they agree; where they differ the comment says which. Tensors are NCHW unless said; negative axes
/// are not used.
///
/// An operator is a struct of its attributes. Beside them stand its name; `kInfo`, its row in src/ops, a CompositeInfo
/// where simpler operators can replace it; `attributes`, which calls visit(name, member) for each, in the order of the
/// text form; and `output_count` where it gives other than one value. What is not needed is left out.
namespace modelport {

struct OpInfo;         ///< ops/op_info.h
struct CompositeInfo;  ///< ops/op_info.h

using Size2 = std::array<int64_t, 2>;  ///< {height, width}
/// Rows and columns added around an image: {top, left, bottom, right}. The order of ONNX.
using Pads2 = std::array<int64_t, 4>;

// Enumerations, each with its spellings in its order.
enum class PadMode : uint8_t { kConstant, kReflect, kEdge };
constexpr auto spellings(PadMode) { return std::to_array<std::string_view>({"constant", "reflect", "edge"}); }
enum class ResizeMode : uint8_t { kNearest, kLinear };
constexpr auto spellings(ResizeMode) { return std::to_array<std::string_view>({"nearest", "linear"}); }
/// Where output pixel i samples, for scale s = input/output size. kHalfPixel: (i + 0.5) s - 0.5, clamped (torch,
/// align_corners = false); kAsymmetric: i s, floor (torch's nearest); kAlignCorners: i (in - 1) / (out - 1).
enum class ResizeCoordinates : uint8_t { kHalfPixel, kAsymmetric, kAlignCorners };
constexpr auto spellings(ResizeCoordinates) {
  return std::to_array<std::string_view>({"half_pixel", "asymmetric", "align_corners"});
}
enum class GeluForm : uint8_t { kErf, kTanh };
constexpr auto spellings(GeluForm) { return std::to_array<std::string_view>({"erf", "tanh"}); }

// Convolution, pooling, normalisation.
/// x [N, C, H, W], weight [M, C/groups, kH, kW], optional bias [M] -> [N, M, H', W'], zero padding.
struct Conv {
  static constexpr std::string_view kName = "Conv";
  static const OpInfo kInfo;

  Size2 strides{1, 1};
  Pads2 pads{};
  Size2 dilations{1, 1};
  int64_t groups = 1;

  static void attributes(auto& op, auto visit) {
    visit("strides", op.strides);
    visit("pads", op.pads);
    visit("dilations", op.dilations);
    visit("groups", op.groups);
  }
};

/// The transpose of Conv: x [N, C, H, W], weight [C, M/groups, kH, kW], optional bias [M] -> [N, M, H', W'] with
/// H' = (H - 1) stride - pads + dilation (kH - 1) + 1 + output_pads[0].
struct ConvTranspose {
  static constexpr std::string_view kName = "ConvTranspose";
  static const OpInfo kInfo;

  Size2 strides{1, 1};
  Pads2 pads{};
  Size2 dilations{1, 1};
  Size2 output_pads{};  ///< Rows below and columns to the right that strides leave undecided.
  int64_t groups = 1;

  static void attributes(auto& op, auto visit) {
    visit("strides", op.strides);
    visit("pads", op.pads);
    visit("dilations", op.dilations);
    visit("output_pads", op.output_pads);
    visit("groups", op.groups);
  }
};

/// x [N, C, ...], scale, bias, mean, variance [C]: (x - mean) / sqrt(variance + epsilon) * scale + bias (inference
/// form).
struct BatchNorm {
  static constexpr std::string_view kName = "BatchNorm";
  static const CompositeInfo kInfo;

  double epsilon = 1e-5;

  static void attributes(auto& op, auto visit) { visit("epsilon", op.epsilon); }
};

/// x [N, C, H, W]; padding never wins. `ceil_mode` is torch's: the last window starts inside the image or its left
/// padding.
struct MaxPool {
  static constexpr std::string_view kName = "MaxPool";
  static const OpInfo kInfo;

  Size2 kernel{1, 1};
  Size2 strides{1, 1};
  Pads2 pads{};
  Size2 dilations{1, 1};
  enum class Rounding : uint8_t { kFloor, kCeil } rounding = Rounding::kFloor;

  static void attributes(auto& op, auto visit) {
    visit("kernel", op.kernel);
    visit("strides", op.strides);
    visit("pads", op.pads);
    visit("dilations", op.dilations);
    visit("rounding", op.rounding);
  }
};
constexpr auto spellings(MaxPool::Rounding) { return std::to_array<std::string_view>({"floor", "ceil"}); }

/// Mean over windows of x [N, C, H, W]; sizes round down. Padding counts as zeros (torch's count_include_pad), or not
/// at all.
struct AveragePool {
  static constexpr std::string_view kName = "AveragePool";
  static const OpInfo kInfo;

  Size2 kernel{1, 1};
  Size2 strides{1, 1};
  Pads2 pads{};
  enum class Padding : uint8_t { kCounted, kLeftOut } padding = Padding::kCounted;

  static void attributes(auto& op, auto visit) {
    visit("kernel", op.kernel);
    visit("strides", op.strides);
    visit("pads", op.pads);
    visit("padding", op.padding);
  }
};
constexpr auto spellings(AveragePool::Padding) { return std::to_array<std::string_view>({"counted", "left_out"}); }

/// Normalises over the last `axes` axes: x, scale, bias (both of those axes' shape). Biased variance.
struct LayerNorm {
  static constexpr std::string_view kName = "LayerNorm";
  static const CompositeInfo kInfo;

  int64_t axes = 1;
  double epsilon = 1e-5;

  static void attributes(auto& op, auto visit) {
    visit("axes", op.axes);
    visit("epsilon", op.epsilon);
  }
};

/// Mean over `axes` (sorted); they stay as size 1.
struct ReduceMean {
  static constexpr std::string_view kName = "ReduceMean";
  static const OpInfo kInfo;

  std::vector<int64_t> axes;

  static void attributes(auto& op, auto visit) { visit("axes", op.axes); }
};

/// The largest over `axes` (sorted); they stay as size 1. Floats.
struct ReduceMax {
  static constexpr std::string_view kName = "ReduceMax";
  static const OpInfo kInfo;

  std::vector<int64_t> axes;

  static void attributes(auto& op, auto visit) { visit("axes", op.axes); }
};

/// The sum over `axes` (sorted); they stay as size 1. Floats.
struct ReduceSum {
  static constexpr std::string_view kName = "ReduceSum";
  static const OpInfo kInfo;

  std::vector<int64_t> axes;

  static void attributes(auto& op, auto visit) { visit("axes", op.axes); }
};

// Matrix products.
/// [..., m, k] x [..., k, n]; leading axes broadcast.
struct MatMul {
  static constexpr std::string_view kName = "MatMul";
  static const OpInfo kInfo;
};

/// x [..., in], weight [out, in], optional bias [out] -> [..., out].
struct Linear {
  static constexpr std::string_view kName = "Linear";
  static const CompositeInfo kInfo;
};

/// q [..., n, d], k [..., m, d], v [..., m, e] -> softmax(q k^T scale) v.
struct Attention {
  static constexpr std::string_view kName = "Attention";
  static const CompositeInfo kInfo;

  double scale = 1.0;

  static void attributes(auto& op, auto visit) { visit("scale", op.scale); }
};

struct Softmax {
  static constexpr std::string_view kName = "Softmax";
  static const OpInfo kInfo;

  int64_t axis = 0;

  static void attributes(auto& op, auto visit) { visit("axis", op.axis); }
};

// Elementwise, broadcasting as NumPy does.
struct Add {
  static constexpr std::string_view kName = "Add";
  static const OpInfo kInfo;
};

struct Sub {
  static constexpr std::string_view kName = "Sub";
  static const OpInfo kInfo;
};

struct Mul {
  static constexpr std::string_view kName = "Mul";
  static const OpInfo kInfo;
};

struct Div {
  static constexpr std::string_view kName = "Div";
  static const OpInfo kInfo;
};

struct Pow {
  static constexpr std::string_view kName = "Pow";
  static const OpInfo kInfo;
};

/// a < b, as bool.
struct Less {
  static constexpr std::string_view kName = "Less";
  static const OpInfo kInfo;
};

/// a and b, of bools.
struct LogicalAnd {
  static constexpr std::string_view kName = "LogicalAnd";
  static const OpInfo kInfo;
};

/// condition (bool) ? a : b; all three broadcast.
struct Where {
  static constexpr std::string_view kName = "Where";
  static const OpInfo kInfo;
};

// Elementwise, one input.
struct Relu {
  static constexpr std::string_view kName = "Relu";
  static const OpInfo kInfo;
};

struct LeakyRelu {
  static constexpr std::string_view kName = "LeakyRelu";
  static const OpInfo kInfo;

  double slope = 0.01;

  static void attributes(auto& op, auto visit) { visit("slope", op.slope); }
};

struct Elu {
  static constexpr std::string_view kName = "Elu";
  static const OpInfo kInfo;

  double alpha = 1.0;

  static void attributes(auto& op, auto visit) { visit("alpha", op.alpha); }
};

struct Clip {
  static constexpr std::string_view kName = "Clip";
  static const OpInfo kInfo;

  double min = 0.0;
  double max = 6.0;

  static void attributes(auto& op, auto visit) {
    visit("min", op.min);
    visit("max", op.max);
  }
};

struct Sigmoid {
  static constexpr std::string_view kName = "Sigmoid";
  static const OpInfo kInfo;
};

/// x * sigmoid(x).
struct Silu {
  static constexpr std::string_view kName = "Silu";
  static const CompositeInfo kInfo;
};

/// min(max(x / 6 + 0.5, 0), 1).
struct HardSigmoid {
  static constexpr std::string_view kName = "HardSigmoid";
  static const OpInfo kInfo;
};

/// x * HardSigmoid(x).
struct HardSwish {
  static constexpr std::string_view kName = "HardSwish";
  static const CompositeInfo kInfo;
};

struct Tanh {
  static constexpr std::string_view kName = "Tanh";
  static const OpInfo kInfo;
};

struct Exp {
  static constexpr std::string_view kName = "Exp";
  static const OpInfo kInfo;
};

struct Log {
  static constexpr std::string_view kName = "Log";
  static const OpInfo kInfo;
};

struct Sin {
  static constexpr std::string_view kName = "Sin";
  static const OpInfo kInfo;
};

struct Cos {
  static constexpr std::string_view kName = "Cos";
  static const OpInfo kInfo;
};

struct Sqrt {
  static constexpr std::string_view kName = "Sqrt";
  static const OpInfo kInfo;
};

struct Erf {
  static constexpr std::string_view kName = "Erf";
  static const OpInfo kInfo;
};

/// log(1 + exp(x)).
struct Softplus {
  static constexpr std::string_view kName = "Softplus";
  static const OpInfo kInfo;
};

/// x * tanh(softplus(x)).
struct Mish {
  static constexpr std::string_view kName = "Mish";
  static const CompositeInfo kInfo;
};

/// kErf: x/2 (1 + erf(x / sqrt 2)); kTanh: the approximation of Hendrycks and Gimpel.
struct Gelu {
  static constexpr std::string_view kName = "Gelu";
  static const CompositeInfo kInfo;

  GeluForm form = GeluForm::kErf;

  static void attributes(auto& op, auto visit) { visit("form", op.form); }
};

/// Rounds to nearest even where `to` is narrower; float to integer truncates.
struct Cast {
  static constexpr std::string_view kName = "Cast";
  static const OpInfo kInfo;

  DType to = DType::kFloat32;

  static void attributes(auto& op, auto visit) { visit("to", op.to); }
};

// Structure.
struct Concat {
  static constexpr std::string_view kName = "Concat";
  static const OpInfo kInfo;

  int64_t axis = 0;

  static void attributes(auto& op, auto visit) { visit("axis", op.axis); }
};

/// Consecutive parts of these sizes along `axis`; as many outputs.
struct Split {
  static constexpr std::string_view kName = "Split";
  static const OpInfo kInfo;

  int64_t axis = 0;
  std::vector<Dim> sizes;

  size_t output_count() const { return sizes.size(); }
  static void attributes(auto& op, auto visit) {
    visit("axis", op.axis);
    visit("sizes", op.sizes);
  }
};

/// Elements [begin, end) along `axis`.
struct Slice {
  static constexpr std::string_view kName = "Slice";
  static const OpInfo kInfo;

  int64_t axis = 0;
  Dim begin;
  Dim end;

  static void attributes(auto& op, auto visit) {
    visit("axis", op.axis);
    visit("begin", op.begin);
    visit("end", op.end);
  }
};

/// Output axis i is input axis permutation[i].
struct Permute {
  static constexpr std::string_view kName = "Permute";
  static const OpInfo kInfo;

  std::vector<int64_t> permutation;

  static void attributes(auto& op, auto visit) { visit("permutation", op.permutation); }
};

/// One axis becomes several, outermost first; the product must be its size.
struct SplitAxis {
  static constexpr std::string_view kName = "SplitAxis";
  static const OpInfo kInfo;

  int64_t axis = 0;
  std::vector<Dim> sizes;

  static void attributes(auto& op, auto visit) {
    visit("axis", op.axis);
    visit("sizes", op.sizes);
  }
};

/// `count` >= 1 consecutive axes from `axis` become one.
struct MergeAxes {
  static constexpr std::string_view kName = "MergeAxes";
  static const OpInfo kInfo;

  int64_t axis = 0;
  int64_t count = 2;

  static void attributes(auto& op, auto visit) {
    visit("axis", op.axis);
    visit("count", op.count);
  }
};

/// C-order reinterpretation. Prefer SplitAxis and MergeAxes, through which layouts can be followed.
struct Reshape {
  static constexpr std::string_view kName = "Reshape";
  static const OpInfo kInfo;

  SymbolicShape shape;

  static void attributes(auto& op, auto visit) { visit("shape", op.shape); }
};

/// Broadcasts to `shape` as NumPy does.
struct Expand {
  static constexpr std::string_view kName = "Expand";
  static const OpInfo kInfo;

  SymbolicShape shape;

  static void attributes(auto& op, auto visit) { visit("shape", op.shape); }
};

/// [0, 1, ... size - 1] as `dtype`; no inputs.
struct Range {
  static constexpr std::string_view kName = "Range";
  static const OpInfo kInfo;

  Dim size;
  DType dtype = DType::kFloat32;

  static void attributes(auto& op, auto visit) {
    visit("size", op.size);
    visit("dtype", op.dtype);
  }
};

/// Elements of x along `axis` at int64 indices of any shape: x.shape[:axis] + indices.shape + x.shape[axis+1:].
struct Gather {
  static constexpr std::string_view kName = "Gather";
  static const OpInfo kInfo;

  int64_t axis = 0;

  static void attributes(auto& op, auto visit) { visit("axis", op.axis); }
};

/// y[i][j][k] = x[i][indices[i][j][k]][k] for axis 1: indices are int64, of x's rank and, off `axis`, of x's sizes.
struct GatherElements {
  static constexpr std::string_view kName = "GatherElements";
  static const OpInfo kInfo;

  int64_t axis = 0;

  static void attributes(auto& op, auto visit) { visit("axis", op.axis); }
};

/// x [N, C, H, W] at grid [N, H', W', 2] of (x, y) in [-1, 1], where -1 and 1 are the image's outer edges (torch's
/// align_corners = false): bilinear, zeros outside -> [N, C, H', W'].
struct GridSample {
  static constexpr std::string_view kName = "GridSample";
  static const OpInfo kInfo;
};

/// Pads H and W of [N, C, H, W].
struct Pad {
  static constexpr std::string_view kName = "Pad";
  static const OpInfo kInfo;

  Pads2 pads{};
  PadMode mode = PadMode::kConstant;
  double value = 0.0;

  static void attributes(auto& op, auto visit) {
    visit("pads", op.pads);
    visit("mode", op.mode);
    visit("value", op.value);
  }
};

/// H and W of [N, C, H, W] become `height`, `width`.
struct Resize {
  static constexpr std::string_view kName = "Resize";
  static const OpInfo kInfo;

  Dim height;
  Dim width;
  ResizeMode mode = ResizeMode::kNearest;
  ResizeCoordinates coordinates = ResizeCoordinates::kAsymmetric;

  static void attributes(auto& op, auto visit) {
    visit("height", op.height);
    visit("width", op.width);
    visit("mode", op.mode);
    visit("coordinates", op.coordinates);
  }
};

/// The k largest along `axis`, by value descending, then index ascending: values and int64 indices.
struct TopK {
  static constexpr std::string_view kName = "TopK";
  static const OpInfo kInfo;

  int64_t axis = 0;
  Dim k;

  static size_t output_count() { return 2; }
  static void attributes(auto& op, auto visit) {
    visit("axis", op.axis);
    visit("k", op.k);
  }
};

/// Greedy suppression of boxes [N, A, 4] (x and y of any two opposite corners) by scores [N, A], in every image on its
/// own: candidates are those with a score above `score_threshold`, by score descending, then index ascending; each kept
/// one drops later ones that overlap it by an intersection over union above `iou_threshold`; at most `max_output` are
/// kept. Gives a mask [N, A] of the boxes' dtype: 1 where kept, else 0. Selecting by classes is the caller's: boxes of
/// different classes are moved apart.
struct NonMaxSuppression {
  static constexpr std::string_view kName = "NonMaxSuppression";
  static const OpInfo kInfo;

  double iou_threshold = 0.7;
  double score_threshold = 0.25;
  int64_t max_output = 300;

  static void attributes(auto& op, auto visit) {
    visit("iou_threshold", op.iou_threshold);
    visit("score_threshold", op.score_threshold);
    visit("max_output", op.max_output);
  }
};

/// By name.
using Op =
    std::variant<Add, Attention, AveragePool, BatchNorm, Cast, Clip, Concat, Conv, ConvTranspose, Cos, Div, Elu, Erf,
                 Exp, Expand, Gather, GatherElements, Gelu, GridSample, HardSigmoid, HardSwish, LayerNorm, LeakyRelu,
                 Less, Linear, Log, LogicalAnd, MatMul, MaxPool, MergeAxes, Mish, Mul, NonMaxSuppression, Pad, Permute,
                 Pow, Range, ReduceMax, ReduceMean, ReduceSum, Relu, Reshape, Resize, Sigmoid, Silu, Sin, Slice,
                 Softmax, Softplus, Split, SplitAxis, Sqrt, Sub, Tanh, TopK, Where>;

inline constexpr size_t kOpCount = std::variant_size_v<Op>;

/// Position of an operator in the variant, for tables that have one row per operator: `op_index<Conv>`.
template <class T, size_t I = 0>
constexpr size_t op_index_of() {
  if constexpr (std::is_same_v<std::variant_alternative_t<I, Op>, T>) {
    return I;
  } else {
    return op_index_of<T, I + 1>();
  }
}
template <class T>
inline constexpr size_t op_index = op_index_of<T>();

/// Whether simpler operators can replace it, in formats that do not have it.
template <class T>
inline constexpr bool is_composite = std::is_same_v<decltype(T::kInfo), const CompositeInfo>;

/// Calls visit(name, member) for every attribute of an operator.
template <class T>
void visit_attributes(T& op, auto visit) {
  if constexpr (requires { T::attributes(op, visit); }) T::attributes(op, visit);
}

}  // namespace modelport
