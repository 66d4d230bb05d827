#include "formats/onnx/raise/raise.h"

#include <array>

#include "formats/onnx/raise/raise_functions.h"

namespace modelport::onnx {

namespace {

using RaiseFunction = Status (*)(Raising& from);

/// One row per ONNX operator, in the order of OnnxOpType.
constexpr std::array<RaiseFunction, kOnnxOpNames.size()> kRaiseTable = {raise_add,
                                                                        raise_and,
                                                                        raise_arg_max,
                                                                        raise_average_pool,
                                                                        raise_batch_normalization,
                                                                        raise_cast,
                                                                        raise_clip,
                                                                        raise_concat,
                                                                        raise_conv,
                                                                        raise_conv_transpose,
                                                                        raise_cos,
                                                                        raise_div,
                                                                        raise_elu,
                                                                        raise_erf,
                                                                        raise_exp,
                                                                        raise_expand,
                                                                        raise_gather,
                                                                        raise_gather_elements,
                                                                        raise_gelu,
                                                                        raise_gemm,
                                                                        raise_global_average_pool,
                                                                        raise_global_max_pool,
                                                                        raise_grid_sample,
                                                                        raise_hard_sigmoid,
                                                                        raise_hard_swish,
                                                                        raise_identity,
                                                                        raise_layer_normalization,
                                                                        raise_leaky_relu,
                                                                        raise_less,
                                                                        raise_log,
                                                                        raise_matmul,
                                                                        raise_max,
                                                                        raise_max_pool,
                                                                        raise_min,
                                                                        raise_mish,
                                                                        raise_mul,
                                                                        raise_non_max_suppression,
                                                                        raise_pad,
                                                                        raise_pow,
                                                                        raise_range,
                                                                        raise_reduce_max,
                                                                        raise_reduce_mean,
                                                                        raise_reduce_min,
                                                                        raise_reduce_sum,
                                                                        raise_relu,
                                                                        raise_reshape,
                                                                        raise_resize,
                                                                        raise_scatter_nd,
                                                                        raise_shape,
                                                                        raise_sigmoid,
                                                                        raise_sin,
                                                                        raise_slice,
                                                                        raise_softmax,
                                                                        raise_softplus,
                                                                        raise_sqrt,
                                                                        raise_squeeze,
                                                                        raise_sub,
                                                                        raise_tanh,
                                                                        raise_top_k,
                                                                        raise_transpose,
                                                                        raise_where};

/// A declared output must be what the nodes give: dtype, rank, and every size that is declared as a number.
Status require_declared_type(const OnnxValueInfo& declared, const ValueType& type) {
  bool same = declared.dtype == type.dtype && declared.shape.size() == type.shape.size();
  for (size_t axis = 0; same && axis < type.shape.size(); ++axis) {
    const auto* number = std::get_if<int64_t>(&declared.shape[axis]);
    same = number != nullptr ? type.shape[axis] == Dim(*number) : !type.shape[axis].is_constant();
  }
  if (same) return {};
  return fail(ErrorCode::kDamaged, "the output '{}' is declared as {} and the nodes give {}{}", declared.name,
              print_type(declared), dtype_name(type.dtype), shape_text(type.shape));
}

}  // namespace

Result<Graph> raise_onnx(const OnnxModel& model, std::span<const std::string> probes) {
  TRY(raising, Raising::begin(model));
  GraphBuilder& builder = raising.builder();
  for (const OnnxNode& node : model.nodes) {
    raising.enter(node);
    builder.set_path(node.name);
    CHECK_OK(kRaiseTable[static_cast<size_t>(node.type)](raising));
    if (builder.error()) return *builder.error();
  }
  for (const OnnxValueInfo& output : model.outputs) {
    TRY(value, raising.named(output.name));
    CHECK_OK(require_declared_type(output, builder.type(value)));
    builder.output(output.name, value);
  }
  for (const std::string& probe : probes) {
    TRY(value, raising.named(probe));
    builder.probe(probe, value);
  }
  return std::move(builder).finish();
}

}  // namespace modelport::onnx
