#include "models/layers/padding.h"

#include <algorithm>

namespace modelport {

namespace {

/// Rows (axis 2) or columns (axis 3) from the other end around the image.
Result<ValueId> wrap_axis(GraphBuilder& b, ValueId x, int64_t axis, int64_t before, int64_t after) {
  const Dim size = b.dim(x, static_cast<size_t>(axis));
  const int64_t least = size.lower_bound().value_or(1);
  if (std::max(before, after) > least) {
    return unsupported("circular padding by {} needs as many pixels, {} arrive", std::max(before, after), size.text());
  }
  std::vector<ValueId> parts;
  if (before > 0) parts.push_back(b.slice(x, axis, size - Dim(before), size));
  parts.push_back(x);
  if (after > 0) parts.push_back(b.slice(x, axis, 0, after));
  return parts.size() == 1 ? x : b.concat(std::move(parts), axis);
}

}  // namespace

Result<ValueId> pad_by_mode(GraphBuilder& b, ValueId x, std::string_view mode, const Pads2& pads) {
  if (mode == "reflect") return b.pad(x, {.pads = pads, .mode = PadMode::kReflect});
  if (mode == "replicate") return b.pad(x, {.pads = pads, .mode = PadMode::kEdge});
  if (mode != "circular") {
    return unsupported("padding_mode '{}' is not supported; zeros, reflect, replicate and circular are", mode);
  }
  TRY(rows, wrap_axis(b, x, 2, pads[0], pads[2]));
  return wrap_axis(b, rows, 3, pads[1], pads[3]);
}

ValueId constant_pad2d(GraphBuilder& b, ValueId x, Pads2 pads, double value) {
  for (const size_t axis : {size_t{2}, size_t{3}}) {
    const int64_t before = std::min<int64_t>(0, pads[axis - 2]), after = std::min<int64_t>(0, pads[axis]);
    if (before == 0 && after == 0) continue;
    const Dim size = b.dim(x, axis);
    x = b.slice(x, static_cast<int64_t>(axis), Dim(-before), size + Dim(after));
  }
  for (int64_t& pad : pads) pad = std::max<int64_t>(0, pad);
  return pads == Pads2{} ? x : b.pad(x, {.pads = pads, .value = value});
}

}  // namespace modelport
