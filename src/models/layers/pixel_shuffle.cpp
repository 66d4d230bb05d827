#include "models/layers/pixel_shuffle.h"

namespace modelport {

Result<ValueId> pixel_shuffle(GraphBuilder& b, ValueId x, int64_t factor) {
  TRY(channels, fixed_size(b, x, 1));
  if (channels % (factor * factor) != 0)
    return inconsistent("{} channels arrive, a multiple of {} is expected", channels, factor * factor);
  const ValueId apart = b.split_axis(x, 1, {channels / (factor * factor), factor, factor});
  return b.merge_axes(b.merge_axes(b.permute(apart, {0, 1, 4, 2, 5, 3}), 4, 2), 2, 2);
}

Result<ValueId> pixel_unshuffle(GraphBuilder& b, ValueId x, int64_t factor) {
  for (const size_t axis : {size_t{2}, size_t{3}}) {
    const Dim size = b.dim(x, axis);
    if (floor_div(size, factor) * Dim(factor) != size)
      return unsupported("sizes {} and {} arrive, multiples of {} are expected", b.dim(x, 2).text(), b.dim(x, 3).text(),
                         factor);
  }
  const Dim height = floor_div(b.dim(x, 2), factor), width = floor_div(b.dim(x, 3), factor);
  const ValueId apart = b.split_axis(b.split_axis(x, 3, {width, factor}), 2, {height, factor});
  return b.merge_axes(b.permute(apart, {0, 1, 3, 5, 2, 4}), 1, 3);
}

Result<ValueId> channel_shuffle(GraphBuilder& b, ValueId x, int64_t groups) {
  TRY(channels, fixed_size(b, x, 1));
  if (channels % groups != 0) return inconsistent("{} groups of {} channels", groups, channels);
  return b.merge_axes(b.permute(b.split_axis(x, 1, {groups, channels / groups}), {0, 2, 1, 3, 4}), 1, 2);
}

}  // namespace modelport
