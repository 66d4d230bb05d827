#include "models/layers/zero_pad2d.h"

#include <algorithm>

#include "models/layers/weights.h"

namespace modelport {

Result<ValueId> zero_pad2d(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(padding, module.int_list_attribute("padding"));
  if (padding.size() == 1) padding.assign(4, padding[0]);
  if (padding.size() != 4 || std::ranges::min(padding) < 0)
    return module.fail("padding is [{}], four numbers from 0 are expected", fmt::join(padding, ", "));
  if (module.has_attribute("value")) {
    TRY(value, module.float_attribute("value"));
    if (value != 0) return contradiction(module, "value is {} in a padding with zeros", value);
  }
  return b.pad(x, {.pads = {padding[2], padding[0], padding[3], padding[1]}});
}

}  // namespace modelport
