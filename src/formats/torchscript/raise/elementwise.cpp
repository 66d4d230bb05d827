#include "formats/torchscript/raise/raising.h"

namespace modelport::torchscript {

namespace {

Result<TorchRaised> on_tensors(TorchCall& call, Op op) {
  TRY(a, call.tensor(0));
  TRY(b, call.operand(1, a));
  return TorchRaised{call.builder().emit(std::move(op), {a, b})[0]};
}

/// Arithmetic of two tensors, of a tensor and a number, or of two sizes.
template <class F>
Result<TorchRaised> arithmetic(TorchCall& call, Op op, F on_sizes) {
  CHECK_OK(call.require(2));
  if (call.is_tensor(0)) return on_tensors(call, std::move(op));
  TRY(a, call.size(0));
  TRY(b, call.size(1));
  return TorchRaised{on_sizes(a, b)};
}

Result<TorchRaised> add(TorchCall& call) {
  return arithmetic(call, Add{}, [](const Dim& a, const Dim& b) { return a + b; });
}
Result<TorchRaised> sub(TorchCall& call) {
  return arithmetic(call, Sub{}, [](const Dim& a, const Dim& b) { return a - b; });
}
Result<TorchRaised> mul(TorchCall& call) {
  return arithmetic(call, Mul{}, [](const Dim& a, const Dim& b) { return a * b; });
}

Result<TorchRaised> div(TorchCall& call) {
  CHECK_OK(call.require(2, {"rounding_mode"}));
  TRY(x, call.tensor(0));
  TRY(rounding, call.text_keyword("rounding_mode"));
  const bool floats = is_float(call.builder().type(x).dtype);
  // Without a rounding mode integers would become floats.
  if (rounding != (floats ? "" : "trunc")) return call.unsupported("this rounding mode is not read");
  return on_tensors(call, Div{});
}

Result<TorchRaised> pow(TorchCall& call) {
  CHECK_OK(call.require(2));
  return on_tensors(call, Pow{});
}

Result<TorchRaised> lt(TorchCall& call) {
  CHECK_OK(call.require(2));
  return on_tensors(call, Less{});
}

Result<TorchRaised> logical_and(TorchCall& call) {
  CHECK_OK(call.require(2));
  return on_tensors(call, LogicalAnd{});
}

Result<TorchRaised> where(TorchCall& call) {
  CHECK_OK(call.require(3));
  TRY(condition, call.tensor(0));
  TRY(a, call.tensor(1));
  TRY(b, call.tensor(2));
  return TorchRaised{call.builder().where(condition, a, b)};
}

Result<TorchRaised> leaky_relu(TorchCall& call) {
  CHECK_OK(call.require(2));
  TRY(x, call.tensor(0));
  TRY(slope, call.number(1));
  return TorchRaised{call.builder().unary(LeakyRelu{slope}, x)};
}

Result<TorchRaised> elu(TorchCall& call) {
  CHECK_OK(call.require(2));
  TRY(x, call.tensor(0));
  TRY(alpha, call.number(1));
  return TorchRaised{call.builder().unary(Elu{alpha}, x)};
}

Result<TorchRaised> clamp(TorchCall& call) {
  CHECK_OK(call.require(3));
  TRY(x, call.tensor(0));
  TRY(low, call.number(1));
  TRY(high, call.number(2));
  return TorchRaised{call.builder().unary(Clip{low, high}, x)};
}

Result<TorchRaised> gelu(TorchCall& call) {
  CHECK_OK(call.require(1, {"approximate"}));
  TRY(x, call.tensor(0));
  TRY(form, call.text_keyword("approximate"));
  if (form != "none" && form != "tanh") return call.unsupported("this approximation is not read");
  return TorchRaised{call.builder().unary(Gelu{form == "tanh" ? GeluForm::kTanh : GeluForm::kErf}, x)};
}

Result<TorchRaised> to(TorchCall& call) {
  CHECK_OK(call.require(2));
  TRY(x, call.tensor(0));
  TRY(dtype, call.dtype(1));
  return TorchRaised{call.builder().cast(x, dtype)};
}

Result<TorchRaised> unary(TorchCall& call, Op op) {
  CHECK_OK(call.require(1));
  TRY(x, call.tensor(0));
  return TorchRaised{call.builder().unary(std::move(op), x)};
}

template <class T>
Result<TorchRaised> plain(TorchCall& call) {
  return unary(call, T{});
}

constexpr RaiseRow kElementwiseRows[] = {
    {"torch.add", add},
    {"torch.sub", sub},
    {"torch.mul", mul},
    {"torch.div", div},
    {"torch.pow", pow},
    {"torch.lt", lt},
    {"torch.logical_and", logical_and},
    {"torch.where", where},
    {"torch.relu", plain<Relu>},
    {"torch.leaky_relu", leaky_relu},
    {"torch.elu", elu},
    {"torch.clamp", clamp},
    {"torch.sigmoid", plain<Sigmoid>},
    {"torch.silu", plain<Silu>},
    {"torch.hardsigmoid", plain<HardSigmoid>},
    {"torch.hardswish", plain<HardSwish>},
    {"torch.tanh", plain<Tanh>},
    {"torch.exp", plain<Exp>},
    {"torch.log", plain<Log>},
    {"torch.sin", plain<Sin>},
    {"torch.cos", plain<Cos>},
    {"torch.sqrt", plain<Sqrt>},
    {"torch.erf", plain<Erf>},
    {"torch.softplus", plain<Softplus>},
    {"torch.mish", plain<Mish>},
    {"torch.gelu", gelu},
    {"torch.to", to},
};

}  // namespace

std::span<const RaiseRow> elementwise_rows() { return kElementwiseRows; }

}  // namespace modelport::torchscript
