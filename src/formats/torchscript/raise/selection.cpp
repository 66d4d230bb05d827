#include "formats/torchscript/nms_code.h"
#include "formats/torchscript/raise/raising.h"

namespace modelport::torchscript {

namespace {

Result<TorchRaised> topk(TorchCall& call) {
  CHECK_OK(call.require(5));
  TRY(x, call.tensor(0));
  TRY(k, call.size(1));
  TRY(axis, call.axis(2, call.builder().shape(x).size()));
  TRY(largest, call.truth(3));
  TRY(sorted, call.truth(4));
  if (!largest || !sorted) return call.unsupported("only the largest, sorted by value, are read");
  const auto [values, indices] = call.builder().topk(x, axis, k);
  return TorchRaised{TorchRaised::List{{values}, {indices}}};
}

Result<TorchRaised> sort(TorchCall& call) {
  CHECK_OK(call.require(1, {"stable", "dim", "descending"}));
  TRY(x, call.tensor(0));
  const SymbolicShape& shape = call.builder().shape(x);
  TRY(axis, call.axis_keyword("dim", shape.size()));
  TRY(stable, call.truth_keyword("stable"));
  TRY(descending, call.truth_keyword("descending"));
  if (!stable || !descending) return call.unsupported("only stable descending order is read");
  const auto [values, indices] = call.builder().topk(x, axis, shape[static_cast<size_t>(axis)]);
  return TorchRaised{TorchRaised::List{{values}, {indices}}};
}

Result<TorchRaised> gather(TorchCall& call) {
  CHECK_OK(call.require(3));
  TRY(x, call.tensor(0));
  TRY(axis, call.axis(1, call.builder().shape(x).size()));
  TRY(indices, call.tensor(2));
  return TorchRaised{call.builder().gather_elements(x, indices, axis)};
}

Result<TorchRaised> grid_sampler(TorchCall& call) {
  CHECK_OK(call.require(5));
  TRY(x, call.tensor(0));
  TRY(grid, call.tensor(1));
  TRY(mode, call.integer(2));
  TRY(padding, call.integer(3));
  TRY(corners, call.truth(4));
  if (mode != 0 || padding != 0 || corners)
    return call.unsupported("only bilinear samples between outer edges, zero outside, are read");
  return TorchRaised{call.builder().grid_sample(x, grid)};
}

Result<TorchRaised> non_max_suppression(TorchCall& call) {
  CHECK_OK(call.require(5));
  TRY(boxes, call.tensor(0));
  TRY(scores, call.tensor(1));
  TRY(iou, call.number(2));
  TRY(threshold, call.number(3));
  TRY(max_output, call.integer(4));
  return TorchRaised{call.builder().emit(NonMaxSuppression{iou, threshold, max_output}, {boxes, scores})[0]};
}

constexpr RaiseRow kSelectionRows[] = {
    {"torch.topk", topk},
    {"torch.sort", sort},
    {"torch.gather", gather},
    {"torch.grid_sampler", grid_sampler},
    {kTorchNmsFunction, non_max_suppression},
};

}  // namespace

std::span<const RaiseRow> selection_rows() { return kSelectionRows; }

}  // namespace modelport::torchscript
