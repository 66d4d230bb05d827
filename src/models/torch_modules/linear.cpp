#include "models/torch_modules/linear.h"

#include "models/layers/linear.h"
#include "models/torch_modules/attributes.h"

namespace modelport {

Result<ValueId> linear(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(in_features, bounded_int(module, "in_features", 1));
  TRY(out_features, bounded_int(module, "out_features", 1));
  return linear(b, weights_of(module), x, {in_features, out_features, Parameter::kOptional});
}

}  // namespace modelport
