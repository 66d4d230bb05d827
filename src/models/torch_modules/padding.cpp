#include "models/torch_modules/padding.h"

#include <algorithm>

#include "models/layers/padding.h"
#include "models/torch_modules/attributes.h"

namespace modelport {

namespace {

constexpr int64_t kWidestPadding = int64_t{1} << 16;

enum class Sign { kAny, kPositive };

Result<Pads2> read_padding(const ModuleView& module, Sign sign) {
  TRY(padding, module.int_list_attribute("padding"));
  if (padding.size() == 1) padding.assign(4, padding[0]);
  // Two numbers pad the last axis; other modes than a constant take none of them on images.
  if (padding.size() == 2 && sign == Sign::kAny) padding.insert(padding.end(), {0, 0});
  if (padding.size() != 4 || std::ranges::min(padding) < (sign == Sign::kAny ? -kWidestPadding : 0) ||
      std::ranges::max(padding) > kWidestPadding) {
    return module.fail("padding is [{}], four numbers from 0 are expected", fmt::join(padding, ", "));
  }
  return Pads2{padding[2], padding[0], padding[3], padding[1]};
}

Result<ValueId> pad(GraphBuilder& b, const ModuleView& module, ValueId x, std::string_view mode) {
  TRY(pads, read_padding(module, Sign::kPositive));
  return pad_by_mode(b, x, mode, pads).in(module.where());
}

}  // namespace

Result<ValueId> constant_pad2d(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(pads, read_padding(module, Sign::kAny));
  TRY(value, module.float_attribute("value", 0));
  return constant_pad2d(b, x, pads, value);
}

Result<ValueId> circular_pad2d(GraphBuilder& b, const ModuleView& module, ValueId x) {
  return pad(b, module, x, "circular");
}

Result<ValueId> reflection_pad2d(GraphBuilder& b, const ModuleView& module, ValueId x) {
  return pad(b, module, x, "reflect");
}

Result<ValueId> replication_pad2d(GraphBuilder& b, const ModuleView& module, ValueId x) {
  return pad(b, module, x, "replicate");
}

}  // namespace modelport
