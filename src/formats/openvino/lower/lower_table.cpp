#include "formats/openvino/lower/lower_table.h"

#include <algorithm>

#include "formats/openvino/lower/lower_functions.h"

namespace modelport::openvino {

namespace {

using Type = OpenvinoOpType;

constexpr LowerRow native(LowerFunction emit) { return {Lower::kNative, emit, {}}; }

constexpr std::array<LowerRow, kOpCount> make_table() {
  namespace to = to_openvino;
  std::array<LowerRow, kOpCount> rows{};
  rows[op_index<Conv>] = native(to::conv);
  rows[op_index<BatchNorm>] = native(to::batch_norm);
  rows[op_index<MaxPool>] = native(to::max_pool);
  rows[op_index<LayerNorm>] = native(to::layer_norm);
  rows[op_index<ReduceMean>] = native(to::reduce<ReduceMean, Type::kReduceMean>);
  rows[op_index<MatMul>] = native(to::matmul);
  rows[op_index<Linear>] = native(to::linear);
  rows[op_index<Attention>] = native(to::attention);
  rows[op_index<Softmax>] = native(to::softmax);
  rows[op_index<Add>] = native(to::broadcast<Type::kAdd>);
  rows[op_index<Sub>] = native(to::broadcast<Type::kSubtract>);
  rows[op_index<Mul>] = native(to::broadcast<Type::kMultiply>);
  rows[op_index<Div>] = native(to::div);
  rows[op_index<Pow>] = native(to::broadcast<Type::kPower>);
  rows[op_index<Relu>] = native(to::plain<Type::kReLU>);
  rows[op_index<LeakyRelu>] = native(to::leaky_relu);
  rows[op_index<Elu>] = native(to::elu);
  rows[op_index<Clip>] = native(to::clip);
  rows[op_index<Sigmoid>] = native(to::plain<Type::kSigmoid>);
  rows[op_index<Silu>] = native(to::plain<Type::kSwish>);
  rows[op_index<HardSigmoid>] = native(to::plain<Type::kHSigmoid>);
  rows[op_index<HardSwish>] = native(to::plain<Type::kHSwish>);
  rows[op_index<Tanh>] = native(to::plain<Type::kTanh>);
  rows[op_index<Exp>] = native(to::plain<Type::kExp>);
  rows[op_index<Sqrt>] = native(to::plain<Type::kSqrt>);
  rows[op_index<Erf>] = native(to::plain<Type::kErf>);
  rows[op_index<Softplus>] = native(to::plain<Type::kSoftPlus>);
  rows[op_index<Mish>] = native(to::plain<Type::kMish>);
  rows[op_index<Gelu>] = native(to::gelu);
  rows[op_index<Cast>] = native(to::cast);
  rows[op_index<Concat>] = native(to::concat);
  rows[op_index<Split>] = native(to::split);
  rows[op_index<Slice>] = native(to::slice);
  rows[op_index<Permute>] = native(to::permute);
  rows[op_index<SplitAxis>] = native(to::reshape);
  rows[op_index<MergeAxes>] = native(to::reshape);
  rows[op_index<Reshape>] = native(to::reshape);
  rows[op_index<Expand>] = native(to::expand);
  rows[op_index<Range>] = native(to::range);
  rows[op_index<Gather>] = native(to::gather);
  rows[op_index<Pad>] = native(to::pad);
  rows[op_index<Resize>] = native(to::resize);
  rows[op_index<TopK>] = native(to::top_k);
  rows[op_index<ConvTranspose>] = native(to::conv_transpose);
  rows[op_index<AveragePool>] = native(to::average_pool);
  rows[op_index<ReduceMax>] = native(to::reduce<ReduceMax, Type::kReduceMax>);
  rows[op_index<ReduceSum>] = native(to::reduce<ReduceSum, Type::kReduceSum>);
  rows[op_index<Less>] = native(to::broadcast<Type::kLess>);
  rows[op_index<LogicalAnd>] = native(to::broadcast<Type::kLogicalAnd>);
  rows[op_index<Where>] = native(to::broadcast<Type::kSelect>);
  rows[op_index<Log>] = native(to::plain<Type::kLog>);
  rows[op_index<Sin>] = native(to::plain<Type::kSin>);
  rows[op_index<Cos>] = native(to::plain<Type::kCos>);
  rows[op_index<GatherElements>] = native(to::gather_elements);
  rows[op_index<GridSample>] = native(to::grid_sample);
  rows[op_index<NonMaxSuppression>] = native(to::non_max_suppression);
  return rows;
}

constexpr bool every_row_says_something(const std::array<LowerRow, kOpCount>& rows) {
  return std::all_of(rows.begin(), rows.end(),
                     [](const LowerRow& row) { return row.emit != nullptr || !row.reason.empty(); });
}

}  // namespace

constexpr std::array<LowerRow, kOpCount> kLowerTable = make_table();
static_assert(every_row_says_something(kLowerTable), "an operator of the catalogue has no OpenVINO row");

}  // namespace modelport::openvino
