#include <algorithm>

#include "formats/torchscript/raise/raising.h"
#include "graph/exact_quotient.h"

namespace modelport::torchscript {

namespace {

Result<TorchRaised> arange(TorchCall& call) {
  CHECK_OK(call.require(1, {"dtype", "layout", "device", "pin_memory"}));
  TRY(size, call.size(0));
  TRY(dtype, call.dtype_keyword("dtype"));
  return TorchRaised{call.builder().range(size, dtype)};
}

Result<TorchRaised> cat(TorchCall& call) {
  CHECK_OK(call.require(2));
  TRY(parts, call.tensors(0));
  if (parts.empty()) return call.unsupported("it joins nothing");
  TRY(axis, call.axis(1, call.builder().shape(parts[0]).size()));
  return TorchRaised{call.builder().concat(std::move(parts), axis)};
}

Result<TorchRaised> expand(TorchCall& call) {
  CHECK_OK(call.require(2));
  TRY(x, call.tensor(0));
  TRY(target, call.sizes(1));
  const SymbolicShape in = call.builder().shape(x);
  if (target.size() < in.size()) return call.unsupported("it takes away axes");
  const size_t added = target.size() - in.size();
  for (size_t axis = 0; axis < in.size(); ++axis) {
    if (target[added + axis] == Dim(-1)) target[added + axis] = in[axis];
  }
  return TorchRaised{call.builder().expand(x, std::move(target))};
}

Result<TorchRaised> index_select(TorchCall& call) {
  CHECK_OK(call.require(3));
  TRY(x, call.tensor(0));
  TRY(axis, call.axis(1, call.builder().shape(x).size()));
  TRY(indices, call.tensor(2));
  if (call.builder().shape(indices).size() != 1) return call.unsupported("its indices are no list");
  return TorchRaised{call.builder().gather(x, indices, axis)};
}

Result<TorchRaised> permute(TorchCall& call) {
  CHECK_OK(call.require(2));
  TRY(x, call.tensor(0));
  TRY(order, call.integers(1));
  return TorchRaised{call.builder().permute(x, std::move(order))};
}

Result<TorchRaised> reshape(TorchCall& call) {
  CHECK_OK(call.require(2));
  TRY(x, call.tensor(0));
  TRY(target, call.sizes(1));
  const auto is_open = [](const Dim& size) { return size == Dim(-1); };
  const auto open = std::ranges::count_if(target, is_open);
  if (open > 1) return call.unsupported("two sizes are left open");
  if (open == 1) {
    Dim& unknown = *std::ranges::find_if(target, is_open);
    unknown = 1;
    const auto rest = exact_quotient(product(call.builder().shape(x)), product(target));
    if (!rest) return call.unsupported("the size left open is not known");
    unknown = *rest;
  }
  return TorchRaised{call.builder().reshape(x, std::move(target))};
}

Result<TorchRaised> slice(TorchCall& call) {
  CHECK_OK(call.require(5));
  TRY(x, call.tensor(0));
  TRY(axis, call.axis(1, call.builder().shape(x).size()));
  TRY(begin, call.size(2));
  TRY(end, call.size(3));
  TRY(step, call.integer(4));
  if (step != 1) return call.unsupported("only steps of 1 are read");
  return TorchRaised{call.builder().slice(x, axis, begin, end)};
}

Result<TorchRaised> split_with_sizes(TorchCall& call) {
  CHECK_OK(call.require(3));
  TRY(x, call.tensor(0));
  TRY(sizes, call.sizes(1));
  TRY(axis, call.axis(2, call.builder().shape(x).size()));
  TorchRaised::List parts;
  for (const ValueId part : call.builder().split(x, axis, std::move(sizes))) parts.push_back({part});
  return TorchRaised{std::move(parts)};
}

constexpr RaiseRow kStructureRows[] = {
    {"torch.arange", arange},   {"torch.cat", cat},
    {"torch.expand", expand},   {"torch.index_select", index_select},
    {"torch.permute", permute}, {"torch.reshape", reshape},
    {"torch.slice", slice},     {"torch.split_with_sizes", split_with_sizes},
};

}  // namespace

std::span<const RaiseRow> structure_rows() { return kStructureRows; }

}  // namespace modelport::torchscript
