#include "formats/torchscript/lower/lower_table.h"

#include <algorithm>

#include "formats/torchscript/lower/lower_functions.h"

namespace modelport::torchscript {

namespace {

/// A function's name as a template argument.
template <size_t kSize>
struct Function {
  char text[kSize];
  constexpr Function(const char (&name)[kSize]) { std::copy_n(name, kSize, text); }
};

constexpr LowerRow native(LowerFunction emit) { return {Lower::kNative, emit, {}}; }

template <Function kFunction>
constexpr LowerRow plain() {
  return native([](const Node& node, Lowering& to) { return to_torch::plain(node, to, kFunction.text); });
}

template <Function kFunction>
constexpr LowerRow arithmetic() {
  return native([](const Node& node, Lowering& to) { return to_torch::binary(node, to, kFunction.text); });
}

constexpr std::array<LowerRow, kOpCount> make_table() {
  namespace to = to_torch;
  std::array<LowerRow, kOpCount> rows{};
  rows[op_index<Conv>] = native(to::conv);
  rows[op_index<BatchNorm>] = native(to::batch_norm);
  rows[op_index<MaxPool>] = native(to::max_pool);
  rows[op_index<LayerNorm>] = native(to::layer_norm);
  rows[op_index<ReduceMean>] = native(to::reduce_mean);
  rows[op_index<MatMul>] = plain<"torch.matmul">();
  rows[op_index<Linear>] = native(to::linear);
  rows[op_index<Attention>] = {Lower::kDecompose, nullptr, "torch 1.13 has no public fused attention"};
  rows[op_index<Softmax>] = native(to::softmax);
  rows[op_index<Add>] = arithmetic<"torch.add">();
  rows[op_index<Sub>] = arithmetic<"torch.sub">();
  rows[op_index<Mul>] = arithmetic<"torch.mul">();
  rows[op_index<Div>] = native(to::div);
  rows[op_index<Pow>] = arithmetic<"torch.pow">();
  rows[op_index<Relu>] = plain<"torch.relu">();
  rows[op_index<LeakyRelu>] = native(to::leaky_relu);
  rows[op_index<Elu>] = native(to::elu);
  rows[op_index<Clip>] = native(to::clip);
  rows[op_index<Sigmoid>] = plain<"torch.sigmoid">();
  rows[op_index<Silu>] = plain<"torch.silu">();
  rows[op_index<HardSigmoid>] = plain<"torch.hardsigmoid">();
  rows[op_index<HardSwish>] = plain<"torch.hardswish">();
  rows[op_index<Tanh>] = plain<"torch.tanh">();
  rows[op_index<Exp>] = plain<"torch.exp">();
  rows[op_index<Sqrt>] = plain<"torch.sqrt">();
  rows[op_index<Erf>] = plain<"torch.erf">();
  rows[op_index<Softplus>] = plain<"torch.softplus">();
  rows[op_index<Mish>] = plain<"torch.mish">();
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
  rows[op_index<ReduceMax>] = native(to::reduce_max);
  rows[op_index<ReduceSum>] = native(to::reduce_sum);
  rows[op_index<Less>] = arithmetic<"torch.lt">();
  rows[op_index<LogicalAnd>] = plain<"torch.logical_and">();
  rows[op_index<Where>] = plain<"torch.where">();
  rows[op_index<Log>] = plain<"torch.log">();
  rows[op_index<Sin>] = plain<"torch.sin">();
  rows[op_index<Cos>] = plain<"torch.cos">();
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
static_assert(every_row_says_something(kLowerTable), "an operator of the catalogue has no TorchScript row");

}  // namespace modelport::torchscript
