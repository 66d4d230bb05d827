#include "models/torch_modules/softmax.h"

#include "models/layers/softmax.h"
#include "models/torch_modules/attributes.h"

namespace modelport {

namespace {

Result<int64_t> softmax_axis(GraphBuilder& b, const ModuleView& module, ValueId x) {
  const size_t rank = b.shape(x).size();
  if (module.is_none("dim")) return rank == 0 || rank == 1 || rank == 3 ? 0 : 1;
  return axis_attribute(b, module, "dim", x);
}

}  // namespace

Result<ValueId> log_softmax(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(axis, softmax_axis(b, module, x));
  return log_softmax(b, x, axis);
}

Result<ValueId> softmax(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(axis, softmax_axis(b, module, x));
  return b.softmax(x, axis);
}

Result<ValueId> softmax2d(GraphBuilder& b, const ModuleView& module, ValueId x) {
  const size_t rank = b.shape(x).size();
  if (rank != 3 && rank != 4) return module.fail("a value of {} axes arrives, an image is expected", rank);
  return b.softmax(x, static_cast<int64_t>(rank) - 3);
}

Result<ValueId> softmin(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(axis, softmax_axis(b, module, x));
  return softmin(b, x, axis);
}

}  // namespace modelport
