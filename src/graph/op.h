#pragma once

#include <array>
#include <cstdint>
#include <variant>
#include <vector>

#include "graph/dim.h"
#include "tensor/dtype.h"

/// The catalogue: what operators mean, as data, with nothing of any format. Names and semantics are ONNX's and
/// PyTorch's where they agree; where they differ the comment says which. Tensors are NCHW unless said; negative axes
/// are not used.
namespace modelport {

using Size2 = std::array<int64_t, 2>;  ///< {height, width}
/// Rows and columns added around an image: {top, left, bottom, right}. The order of ONNX.
using Pads2 = std::array<int64_t, 4>;

enum class PadMode : uint8_t { kConstant, kReflect, kEdge };
enum class ResizeMode : uint8_t { kNearest, kLinear };
/// Where output pixel i samples, for scale s = input/output size. kHalfPixel: (i + 0.5) s - 0.5, clamped (torch,
/// align_corners = false); kAsymmetric: i s, floor (torch's nearest); kAlignCorners: i (in - 1) / (out - 1).
enum class ResizeCoordinates : uint8_t { kHalfPixel, kAsymmetric, kAlignCorners };
enum class GeluForm : uint8_t { kErf, kTanh };

// Convolution, pooling, normalisation.
/// x [N, C, H, W], weight [M, C/groups, kH, kW], optional bias [M] -> [N, M, H', W'], zero padding.
struct Conv {
  Size2 strides{1, 1};
  Pads2 pads{};
  Size2 dilations{1, 1};
  int64_t groups = 1;
};
/// The transpose of Conv: x [N, C, H, W], weight [C, M/groups, kH, kW], optional bias [M] -> [N, M, H', W'] with
/// H' = (H - 1) stride - pads + dilation (kH - 1) + 1 + output_pads[0].
struct ConvTranspose {
  Size2 strides{1, 1};
  Pads2 pads{};
  Size2 dilations{1, 1};
  Size2 output_pads{};  ///< Rows below and columns to the right that strides leave undecided.
  int64_t groups = 1;
};
/// x [N, C, ...], scale, bias, mean, variance [C]: (x - mean) / sqrt(variance + epsilon) * scale + bias (inference
/// form).
struct BatchNorm {
  double epsilon = 1e-5;
};
/// x [N, C, H, W]; padding never wins. `ceil_mode` is torch's: the last window starts inside the image or its left
/// padding.
struct MaxPool {
  Size2 kernel{1, 1};
  Size2 strides{1, 1};
  Pads2 pads{};
  Size2 dilations{1, 1};
  enum class Rounding : uint8_t { kFloor, kCeil } rounding = Rounding::kFloor;
};
/// Mean over windows of x [N, C, H, W]; sizes round down. Padding counts as zeros (torch's count_include_pad), or not
/// at all.
struct AveragePool {
  Size2 kernel{1, 1};
  Size2 strides{1, 1};
  Pads2 pads{};
  enum class Padding : uint8_t { kCounted, kLeftOut } padding = Padding::kCounted;
};
/// Normalises over the last `axes` axes: x, scale, bias (both of those axes' shape). Biased variance.
struct LayerNorm {
  int64_t axes = 1;
  double epsilon = 1e-5;
};
/// Mean over `axes` (sorted); they stay as size 1.
struct ReduceMean {
  std::vector<int64_t> axes;
};
/// The largest over `axes` (sorted); they stay as size 1. Floats.
struct ReduceMax {
  std::vector<int64_t> axes;
};
/// The sum over `axes` (sorted); they stay as size 1. Floats.
struct ReduceSum {
  std::vector<int64_t> axes;
};

// Matrix products.
/// [..., m, k] x [..., k, n]; leading axes broadcast.
struct MatMul {};
/// x [..., in], weight [out, in], optional bias [out] -> [..., out]. Composite.
struct Linear {};
/// q [..., n, d], k [..., m, d], v [..., m, e] -> softmax(q k^T scale) v. Composite.
struct Attention {
  double scale = 1.0;
};
struct Softmax {
  int64_t axis = 0;
};

// Elementwise, broadcasting as NumPy does.
struct Add {};
struct Sub {};
struct Mul {};
struct Div {};
struct Pow {};
/// a < b, as bool.
struct Less {};
/// a and b, of bools.
struct LogicalAnd {};
/// condition (bool) ? a : b; all three broadcast.
struct Where {};

// Elementwise, one input.
struct Relu {};
struct LeakyRelu {
  double slope = 0.01;
};
struct Elu {
  double alpha = 1.0;
};
struct Clip {
  double min = 0.0;
  double max = 6.0;
};
struct Sigmoid {};
/// x * sigmoid(x). Composite.
struct Silu {};
/// min(max(x / 6 + 0.5, 0), 1).
struct HardSigmoid {};
/// x * HardSigmoid(x). Composite.
struct HardSwish {};
struct Tanh {};
struct Exp {};
struct Log {};
struct Sin {};
struct Cos {};
struct Sqrt {};
struct Erf {};
/// log(1 + exp(x)).
struct Softplus {};
/// x * tanh(softplus(x)). Composite.
struct Mish {};
/// kErf: x/2 (1 + erf(x / sqrt 2)); kTanh: the approximation of Hendrycks and Gimpel. Composite.
struct Gelu {
  GeluForm form = GeluForm::kErf;
};
/// Rounds to nearest even where `to` is narrower; float to integer truncates.
struct Cast {
  DType to = DType::kFloat32;
};

// Structure.
struct Concat {
  int64_t axis = 0;
};
/// Consecutive parts of these sizes along `axis`; as many outputs.
struct Split {
  int64_t axis = 0;
  std::vector<Dim> sizes;
};
/// Elements [begin, end) along `axis`.
struct Slice {
  int64_t axis = 0;
  Dim begin;
  Dim end;
};
/// Output axis i is input axis permutation[i].
struct Permute {
  std::vector<int64_t> permutation;
};
/// One axis becomes several, outermost first; the product must be its size.
struct SplitAxis {
  int64_t axis = 0;
  std::vector<Dim> sizes;
};
/// `count` >= 1 consecutive axes from `axis` become one.
struct MergeAxes {
  int64_t axis = 0;
  int64_t count = 2;
};
/// C-order reinterpretation. Prefer SplitAxis and MergeAxes, through which layouts can be followed.
struct Reshape {
  SymbolicShape shape;
};
/// Broadcasts to `shape` as NumPy does.
struct Expand {
  SymbolicShape shape;
};
/// [0, 1, ... size - 1] as `dtype`; no inputs.
struct Range {
  Dim size;
  DType dtype = DType::kFloat32;
};
/// Elements of x along `axis` at int64 indices of any shape: x.shape[:axis] + indices.shape + x.shape[axis+1:].
struct Gather {
  int64_t axis = 0;
};
/// y[i][j][k] = x[i][indices[i][j][k]][k] for axis 1: indices are int64, of x's rank and, off `axis`, of x's sizes.
struct GatherElements {
  int64_t axis = 0;
};
/// x [N, C, H, W] at grid [N, H', W', 2] of (x, y) in [-1, 1], where -1 and 1 are the image's outer edges (torch's
/// align_corners = false): bilinear, zeros outside -> [N, C, H', W'].
struct GridSample {};
/// Pads H and W of [N, C, H, W].
struct Pad {
  Pads2 pads{};
  PadMode mode = PadMode::kConstant;
  double value = 0.0;
};
/// H and W of [N, C, H, W] become `height`, `width`.
struct Resize {
  Dim height;
  Dim width;
  ResizeMode mode = ResizeMode::kNearest;
  ResizeCoordinates coordinates = ResizeCoordinates::kAsymmetric;
};
/// The k largest along `axis`, by value descending, then index ascending: values and int64 indices.
struct TopK {
  int64_t axis = 0;
  Dim k;
};
/// Greedy suppression of boxes [N, A, 4] (x and y of any two opposite corners) by scores [N, A], in every image on its
/// own: candidates are those with a score above `score_threshold`, by score descending, then index ascending; each kept
/// one drops later ones that overlap it by an intersection over union above `iou_threshold`; at most `max_output` are
/// kept. Gives a mask [N, A] of the boxes' dtype: 1 where kept, else 0. Selecting by classes is the caller's: boxes of
/// different classes are moved apart.
struct NonMaxSuppression {
  double iou_threshold = 0.7;
  double score_threshold = 0.25;
  int64_t max_output = 300;
};

using Op =
    std::variant<Conv, BatchNorm, MaxPool, LayerNorm, ReduceMean, MatMul, Linear, Attention, Softmax, Add, Sub, Mul,
                 Div, Pow, Relu, LeakyRelu, Elu, Clip, Sigmoid, Silu, HardSigmoid, HardSwish, Tanh, Exp, Sqrt, Erf,
                 Softplus, Mish, Gelu, Cast, Concat, Split, Slice, Permute, SplitAxis, MergeAxes, Reshape, Expand,
                 Range, Gather, Pad, Resize, TopK, ConvTranspose, AveragePool, ReduceMax, ReduceSum, Less, LogicalAnd,
                 Where, Log, Sin, Cos, GatherElements, GridSample, NonMaxSuppression>;

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

}  // namespace modelport
