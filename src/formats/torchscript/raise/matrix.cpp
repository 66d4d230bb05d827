#include "formats/torchscript/raise/raising.h"

namespace modelport::torchscript {

namespace {

/// x, axes, keepdim.
template <class T>
Result<TorchRaised> reduction(TorchCall& call) {
  CHECK_OK(call.require(3));
  TRY(x, call.tensor(0));
  TRY(axes, call.axes(1, call.builder().shape(x).size()));
  TRY(keep, call.truth(2));
  if (!keep) return call.unsupported("it takes its axes away");
  return TorchRaised{call.builder().emit(T{std::move(axes)}, {x})[0]};
}

Result<TorchRaised> matmul(TorchCall& call) {
  CHECK_OK(call.require(2));
  TRY(a, call.tensor(0));
  TRY(b, call.tensor(1));
  return TorchRaised{call.builder().matmul(a, b)};
}

Result<TorchRaised> linear(TorchCall& call) {
  CHECK_OK(call.require(3));
  TRY(x, call.tensor(0));
  TRY(weight, call.tensor(1));
  TRY(bias, call.optional_tensor(2));
  return TorchRaised{call.builder().linear(x, weight, bias)};
}

Result<TorchRaised> layer_norm(TorchCall& call) {
  CHECK_OK(call.require(6));
  TRY(x, call.tensor(0));
  TRY(sizes, call.sizes(1));
  TRY(weight, call.tensor(2));
  TRY(bias, call.tensor(3));
  TRY(epsilon, call.number(4));
  return TorchRaised{call.builder().layer_norm(x, weight, bias, {static_cast<int64_t>(sizes.size()), epsilon})};
}

Result<TorchRaised> softmax(TorchCall& call) {
  CHECK_OK(call.require(3));
  TRY(x, call.tensor(0));
  TRY(axis, call.axis(1, call.builder().shape(x).size()));
  if (!call.is_none(2)) return call.unsupported("it converts to another type");
  return TorchRaised{call.builder().softmax(x, axis)};
}

Result<TorchRaised> mean(TorchCall& call) { return reduction<ReduceMean>(call); }
Result<TorchRaised> amax(TorchCall& call) { return reduction<ReduceMax>(call); }
Result<TorchRaised> sum(TorchCall& call) { return reduction<ReduceSum>(call); }

constexpr RaiseRow kMatrixRows[] = {
    {"torch.matmul", matmul},   {"torch.linear", linear}, {"torch.layer_norm", layer_norm},
    {"torch.softmax", softmax}, {"torch.mean", mean},     {"torch.amax", amax},
    {"torch.sum", sum},
};

}  // namespace

std::span<const RaiseRow> matrix_rows() { return kMatrixRows; }

}  // namespace modelport::torchscript
