#include "models/torch_modules/attributes.h"
#include "models/ultralytics/modules.h"

namespace modelport::ultralytics {

Result<ValueId> sequential(Translation& t, const ModuleView& module, ValueId x) {
  TRY(children, module.children());
  for (const auto& [name, child] : children) {
    TRY(y, apply(t, child, x));
    x = y;
  }
  return x;
}

Result<ValueId> concat(Translation& t, const ModuleView& module, std::span<const ValueId> inputs) {
  TRY(axis, module.int_attribute("d"));
  const auto rank = static_cast<int64_t>(t.b.shape(inputs[0]).size());
  if (axis < -rank || axis >= rank) return contradiction(module, "d is {}, the inputs have {} axes", axis, rank);
  return t.b.concat({inputs.begin(), inputs.end()}, axis < 0 ? axis + rank : axis);
}

Result<ValueId> index(Translation&, const ModuleView& module, std::span<const ValueId> inputs) {
  TRY(position, module.int_attribute("index"));
  const auto count = static_cast<int64_t>(inputs.size());
  const int64_t at = position < 0 ? position + count : position;
  if (at < 0 || at >= count) return contradiction(module, "index is {}, {} inputs arrive", position, count);
  return inputs[static_cast<size_t>(at)];
}

}  // namespace modelport::ultralytics
