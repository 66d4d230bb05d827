#include "models/layers/padding.h"

#include <algorithm>

#include "models/layers/weights.h"

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

/// Rows (axis 2) or columns (axis 3) from the other end around the image.
Result<ValueId> wrap_axis(GraphBuilder& b, const ModuleView& module, ValueId x, int64_t axis, int64_t before,
                          int64_t after) {
  const Dim size = b.dim(x, static_cast<size_t>(axis));
  const int64_t least = size.lower_bound().value_or(1);
  if (std::max(before, after) > least) {
    return module.fail("circular padding by {} needs as many pixels, {} arrive", std::max(before, after), size.text());
  }
  std::vector<ValueId> parts;
  if (before > 0) parts.push_back(b.slice(x, axis, size - Dim(before), size));
  parts.push_back(x);
  if (after > 0) parts.push_back(b.slice(x, axis, 0, after));
  return parts.size() == 1 ? x : b.concat(std::move(parts), axis);
}

}  // namespace

Result<ValueId> pad_by_mode(GraphBuilder& b, const ModuleView& module, ValueId x, std::string_view mode,
                            const Pads2& pads) {
  if (mode == "reflect") return b.pad(x, {.pads = pads, .mode = PadMode::kReflect});
  if (mode == "replicate") return b.pad(x, {.pads = pads, .mode = PadMode::kEdge});
  if (mode != "circular") {
    return module.fail("padding_mode '{}' is not supported; zeros, reflect, replicate and circular are", mode);
  }
  TRY(rows, wrap_axis(b, module, x, 2, pads[0], pads[2]));
  return wrap_axis(b, module, rows, 3, pads[1], pads[3]);
}

Result<ValueId> constant_pad2d(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(pads, read_padding(module, Sign::kAny));
  TRY(value, module.float_attribute("value", 0));
  for (const size_t axis : {size_t{2}, size_t{3}}) {
    const int64_t before = std::min<int64_t>(0, pads[axis - 2]), after = std::min<int64_t>(0, pads[axis]);
    if (before == 0 && after == 0) continue;
    const Dim size = b.dim(x, axis);
    x = b.slice(x, static_cast<int64_t>(axis), Dim(-before), size + Dim(after));
  }
  for (int64_t& pad : pads) pad = std::max<int64_t>(0, pad);
  return pads == Pads2{} ? x : b.pad(x, {.pads = pads, .value = value});
}

Result<ValueId> circular_pad2d(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(pads, read_padding(module, Sign::kPositive));
  return pad_by_mode(b, module, x, "circular", pads);
}

Result<ValueId> reflection_pad2d(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(pads, read_padding(module, Sign::kPositive));
  return pad_by_mode(b, module, x, "reflect", pads);
}

Result<ValueId> replication_pad2d(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(pads, read_padding(module, Sign::kPositive));
  return pad_by_mode(b, module, x, "replicate", pads);
}

}  // namespace modelport
