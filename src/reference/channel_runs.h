#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "reference/interpreter.h"
#include "source/source_model.h"

namespace modelport {

/// The spec's groups; one of everything where it names none.
std::vector<ChannelGroup> groups_of(const IoSpec& spec);

/// Channels of a group, and what one of their unit is in pixels: 1 where they are no coordinates.
struct ChannelsInPixels {
  ChannelGroup channels;
  double factor;
};
/// The whole group, in parts of one factor each. `image`: height and width of the input.
std::vector<ChannelsInPixels> in_pixels(const ChannelGroup& group, const Size2& image);

/// Zero for equal values and for two equal infinities or NaNs; infinity when only one side is finite.
double difference(double expected, double actual);

/// Calls f with a pointer to the elements, whatever they are held as.
template <class F>
auto with_elements(const EvaluatedValue& value, F f) {
  if (!value.doubles.empty()) return f(value.doubles.data());
  if (!value.floats.empty()) return f(value.floats.data());
  return f(value.integers.data());
}

/// Calls visit(first, last) for every run of neighbours of a value of this shape that belong to the group.
template <class Visit>
void for_each_run(const Shape& shape, const ChannelGroup& group, Visit visit) {
  if (shape.empty()) return visit(int64_t{0}, int64_t{1});
  const auto axis = static_cast<size_t>(group.axis);
  int64_t outer = 1, inner = 1;
  for (size_t i = 0; i < axis; ++i) outer *= shape[i];
  for (size_t i = axis + 1; i < shape.size(); ++i) inner *= shape[i];
  const int64_t end = std::min(group.end, shape[axis]);
  // Channels without gaps are one run.
  const int64_t width = group.step == 1 ? end - group.begin : 1;
  for (int64_t o = 0; o < outer; ++o) {
    for (int64_t channel = group.begin; channel < end; channel += width * group.step)
      visit((o * shape[axis] + channel) * inner, (o * shape[axis] + channel + width) * inner);
  }
}

}  // namespace modelport
