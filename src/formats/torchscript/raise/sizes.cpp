#include "formats/torchscript/raise/raising.h"

namespace modelport::torchscript {

namespace {

Result<TorchRaised> size(TorchCall& call) {
  CHECK_OK(call.require(2));
  TRY(x, call.tensor(0));
  const SymbolicShape shape = call.builder().shape(x);
  TRY(axis, call.axis(1, shape.size()));
  return TorchRaised{shape[static_cast<size_t>(axis)]};
}

Result<TorchRaised> floordiv(TorchCall& call) {
  CHECK_OK(call.require(2));
  TRY(dividend, call.size(0));
  TRY(divisor, call.integer(1));
  if (divisor < 1) return call.unsupported("sizes are only divided by positive constants");
  return TorchRaised{floor_div(dividend, divisor)};
}

Result<TorchRaised> prim_min(TorchCall& call) {
  CHECK_OK(call.require(2));
  TRY(a, call.size(0));
  TRY(b, call.size(1));
  return TorchRaised{min(a, b)};
}

Result<TorchRaised> prim_max(TorchCall& call) {
  CHECK_OK(call.require(2));
  TRY(a, call.size(0));
  TRY(b, call.size(1));
  return TorchRaised{max(a, b)};
}

Result<TorchRaised> prim_dtype(TorchCall& call) {
  CHECK_OK(call.require(1));
  TRY(x, call.tensor(0));
  return TorchRaised{call.builder().type(x).dtype};
}

Result<TorchRaised> prim_device(TorchCall& call) {
  CHECK_OK(call.require(1));
  if (!call.is_tensor(0)) return call.unsupported("it is asked of no tensor");
  return TorchRaised{TorchRaised::Device{}};
}

constexpr RaiseRow kSizesRows[] = {
    {"torch.size", size},       {"torch.floordiv", floordiv},   {"ops.prim.min", prim_min},
    {"ops.prim.max", prim_max}, {"ops.prim.dtype", prim_dtype}, {"ops.prim.device", prim_device},
};

}  // namespace

std::span<const RaiseRow> size_rows() { return kSizesRows; }

}  // namespace modelport::torchscript
