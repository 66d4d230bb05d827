#include "formats/onnx/lower/lower_table.h"

#include <algorithm>

#include "formats/onnx/lower/lower_functions.h"

namespace modelport::onnx {

namespace {

constexpr LowerRow native(LowerFunction emit, int64_t since = layout::kOldestOpset) {
  return {Lower::kNative, since, emit, {}};
}
constexpr LowerRow decompose(std::string_view reason) { return {Lower::kDecompose, 0, nullptr, reason}; }

constexpr std::array<LowerRow, kOpCount> make_table() {
  std::array<LowerRow, kOpCount> rows{};
  rows[op_index<Conv>] = native(lower_conv);
  rows[op_index<BatchNorm>] = native(lower_batch_norm);
  rows[op_index<MaxPool>] = native(lower_max_pool);
  rows[op_index<LayerNorm>] = native(lower_layer_norm, 17);
  rows[op_index<ReduceMean>] = native(lower_reduce_mean);
  rows[op_index<MatMul>] = native(lower_matmul);
  rows[op_index<Linear>] = native(lower_linear);
  rows[op_index<Attention>] = decompose("ONNX has it from opset 23");
  rows[op_index<Softmax>] = native(lower_softmax);
  rows[op_index<Add>] = native(lower_add);
  rows[op_index<Sub>] = native(lower_sub);
  rows[op_index<Mul>] = native(lower_mul);
  rows[op_index<Div>] = native(lower_div);
  rows[op_index<Pow>] = native(lower_plain<OnnxOpType::kPow>);
  rows[op_index<Relu>] = native(lower_plain<OnnxOpType::kRelu>);
  rows[op_index<LeakyRelu>] = native(lower_leaky_relu);
  rows[op_index<Elu>] = native(lower_elu);
  rows[op_index<Clip>] = native(lower_clip);
  rows[op_index<Sigmoid>] = native(lower_plain<OnnxOpType::kSigmoid>);
  rows[op_index<Silu>] = decompose("engines recognise x * Sigmoid(x); ONNX has Swish from opset 24");
  rows[op_index<HardSigmoid>] = native(lower_hard_sigmoid);
  rows[op_index<HardSwish>] = native(lower_plain<OnnxOpType::kHardSwish>, 14);
  rows[op_index<Tanh>] = native(lower_plain<OnnxOpType::kTanh>);
  rows[op_index<Exp>] = native(lower_plain<OnnxOpType::kExp>);
  rows[op_index<Sqrt>] = native(lower_plain<OnnxOpType::kSqrt>);
  rows[op_index<Erf>] = native(lower_plain<OnnxOpType::kErf>);
  rows[op_index<Softplus>] = native(lower_plain<OnnxOpType::kSoftplus>);
  rows[op_index<Mish>] = native(lower_plain<OnnxOpType::kMish>, 18);
  rows[op_index<Gelu>] = native(lower_gelu, 20);
  rows[op_index<Cast>] = native(lower_cast);
  rows[op_index<Concat>] = native(lower_concat);
  rows[op_index<Split>] = native(lower_split);
  rows[op_index<Slice>] = native(lower_slice);
  rows[op_index<Permute>] = native(lower_permute);
  rows[op_index<SplitAxis>] = native(lower_reshape);
  rows[op_index<MergeAxes>] = native(lower_reshape);
  rows[op_index<Reshape>] = native(lower_reshape);
  rows[op_index<Expand>] = native(lower_expand);
  rows[op_index<Range>] = native(lower_range);
  rows[op_index<Gather>] = native(lower_gather);
  rows[op_index<Pad>] = native(lower_pad);
  rows[op_index<Resize>] = native(lower_resize);
  rows[op_index<TopK>] = native(lower_top_k);
  rows[op_index<ConvTranspose>] = native(lower_conv_transpose);
  rows[op_index<AveragePool>] = native(lower_average_pool);
  rows[op_index<ReduceMax>] = native(lower_reduce_max);
  rows[op_index<ReduceSum>] = native(lower_reduce_sum);
  rows[op_index<Less>] = native(lower_plain<OnnxOpType::kLess>);
  rows[op_index<LogicalAnd>] = native(lower_plain<OnnxOpType::kAnd>);
  rows[op_index<Where>] = native(lower_plain<OnnxOpType::kWhere>);
  rows[op_index<Log>] = native(lower_plain<OnnxOpType::kLog>);
  rows[op_index<Sin>] = native(lower_plain<OnnxOpType::kSin>);
  rows[op_index<Cos>] = native(lower_plain<OnnxOpType::kCos>);
  rows[op_index<GatherElements>] = native(lower_gather_elements);
  rows[op_index<GridSample>] = native(lower_grid_sample, 16);
  rows[op_index<NonMaxSuppression>] = native(lower_non_max_suppression);
  return rows;
}

constexpr bool every_row_says_something(const std::array<LowerRow, kOpCount>& rows) {
  return std::all_of(rows.begin(), rows.end(),
                     [](const LowerRow& row) { return row.kind == Lower::kNative || !row.reason.empty(); });
}
static_assert(every_row_says_something(make_table()), "an operator of the catalogue has no ONNX row");

}  // namespace

constexpr std::array<LowerRow, kOpCount> kLowerTable = make_table();

}  // namespace modelport::onnx
