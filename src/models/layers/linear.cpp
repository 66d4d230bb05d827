#include "models/layers/linear.h"

#include "models/layers/weights.h"

namespace modelport {

Result<ValueId> linear(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(in_features, bounded_int(module, "in_features", 1));
  TRY(out_features, bounded_int(module, "out_features", 1));
  CHECK_OK(expect_last_axes(b, module, x, {in_features}));
  TRY(matrix, weight(b, module, "weight", {out_features, in_features}));
  TRY(bias, optional_weight(b, module, "bias", {out_features}));
  return b.linear(x, matrix, bias);
}

}  // namespace modelport
