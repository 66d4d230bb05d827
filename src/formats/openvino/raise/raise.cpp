#include "formats/openvino/raise/raise.h"

#include <algorithm>
#include <array>

#include "formats/openvino/raise/raise_functions.h"

namespace modelport::openvino {

namespace {

using RaiseFunction = Status (*)(Raising& from);
using Type = OpenvinoOpType;

template <class T>
Status plain(Raising& from) {
  return from_openvino::unary(from, T{});
}

/// Rows by OpenvinoOpType.
constexpr std::array<RaiseFunction, kOpenvinoOpCount> make_table() {
  namespace of = from_openvino;
  std::array<RaiseFunction, kOpenvinoOpCount> rows{};
  const auto row = [&](Type type, RaiseFunction function) { rows[static_cast<size_t>(type)] = function; };
  row(Type::kAdd, of::add);
  row(Type::kAvgPool, of::avg_pool);
  row(Type::kBatchNormInference, of::batch_norm);
  row(Type::kBroadcast, of::broadcast);
  row(Type::kClamp, of::clamp);
  row(Type::kConcat, of::concat);
  row(Type::kConst, of::constant);
  row(Type::kConvert, of::convert);
  row(Type::kConvolution, of::convolution);
  row(Type::kConvolutionBackpropData, of::convolution_backprop);
  row(Type::kCos, plain<Cos>);
  row(Type::kDivide, of::divide);
  row(Type::kElu, of::elu);
  row(Type::kErf, plain<Erf>);
  row(Type::kExp, plain<Exp>);
  row(Type::kGather, of::gather);
  row(Type::kGatherElements, of::gather_elements);
  row(Type::kGelu, of::gelu);
  row(Type::kGridSample, of::grid_sample);
  row(Type::kGroupConvolution, of::group_convolution);
  row(Type::kGroupConvolutionBackpropData, of::group_convolution_backprop);
  row(Type::kHSigmoid, plain<HardSigmoid>);
  row(Type::kHSwish, plain<HardSwish>);
  row(Type::kInterpolate, of::interpolate);
  row(Type::kLess, of::less);
  row(Type::kLog, plain<Log>);
  row(Type::kLogicalAnd, of::logical_and);
  row(Type::kMatMul, of::mat_mul);
  row(Type::kMaximum, of::maximum);
  row(Type::kMaxPool, of::max_pool);
  row(Type::kMinimum, of::minimum);
  row(Type::kMish, plain<Mish>);
  row(Type::kMultiply, of::multiply);
  row(Type::kMVN, of::mvn);
  row(Type::kNonMaxSuppression, of::non_max_suppression);
  row(Type::kPad, of::pad);
  row(Type::kParameter, of::parameter);
  row(Type::kPower, of::power);
  row(Type::kPRelu, of::p_relu);
  row(Type::kRange, of::range);
  row(Type::kReduceMax, of::reduce_max);
  row(Type::kReduceMean, of::reduce_mean);
  row(Type::kReduceSum, of::reduce_sum);
  row(Type::kReLU, plain<Relu>);
  row(Type::kReshape, of::reshape);
  row(Type::kResult, of::result);
  row(Type::kScatterNDUpdate, of::scatter_nd_update);
  row(Type::kSelect, of::select);
  row(Type::kShapeOf, of::shape_of);
  row(Type::kSigmoid, plain<Sigmoid>);
  row(Type::kSin, plain<Sin>);
  row(Type::kSlice, of::slice);
  row(Type::kSoftMax, of::soft_max);
  row(Type::kSoftPlus, plain<Softplus>);
  row(Type::kSqrt, plain<Sqrt>);
  row(Type::kSqueeze, of::squeeze);
  row(Type::kSubtract, of::subtract);
  row(Type::kSwish, plain<Silu>);
  row(Type::kTanh, plain<Tanh>);
  row(Type::kTopK, of::top_k);
  row(Type::kTranspose, of::transpose);
  row(Type::kVariadicSplit, of::variadic_split);
  return rows;
}

constexpr std::array<RaiseFunction, kOpenvinoOpCount> kRaiseTable = make_table();
static_assert(std::find(kRaiseTable.begin(), kRaiseTable.end(), nullptr) == kRaiseTable.end(),
              "an operation has no row");

std::optional<OpenvinoSource> find_value(const OpenvinoModel& model, const std::string& name) {
  for (uint32_t layer = 0; layer < model.layers.size(); ++layer) {
    for (uint32_t output = 0; output < model.layers[layer].outputs.size(); ++output) {
      if (value_name(model, {layer, output}) == name) return OpenvinoSource{layer, output};
    }
  }
  return std::nullopt;
}

}  // namespace

Result<Graph> raise_openvino(const OpenvinoModel& model, std::span<const std::string> probes) {
  Raising raising(model);
  GraphBuilder& builder = raising.builder();
  for (uint32_t layer = 0; layer < model.layers.size(); ++layer) {
    raising.enter(layer);
    builder.set_path(model.layers[layer].name);
    CHECK_OK(kRaiseTable[static_cast<size_t>(model.layers[layer].type)](raising));
    if (builder.error()) return *builder.error();
    CHECK_OK(raising.require_declared_types());
  }
  for (const std::string& probe : probes) {
    const auto source = find_value(model, probe);
    if (!source) return fail(ErrorCode::kDamaged, "no value of the file is named '{}'", probe);
    TRY(value, raising.at(*source));
    const auto& outputs = builder.graph().outputs;
    const bool is_output = std::ranges::any_of(outputs, [&](const NamedValue& each) { return each.name == probe; });
    builder.probe(is_output ? probe + "/probe" : probe, value);
  }
  return std::move(builder).finish();
}

}  // namespace modelport::openvino
