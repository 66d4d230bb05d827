#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace modelport {

/// Where axis `axis` lies after permuting: the i with permutation[i] == axis.
inline int64_t permuted_axis(std::span<const int64_t> permutation, int64_t axis) {
  return std::find(permutation.begin(), permutation.end(), axis) - permutation.begin();
}

/// One entry per axis, in the new order.
template <class T>
std::vector<T> permuted(const std::vector<T>& by_axis, std::span<const int64_t> permutation) {
  std::vector<T> out;
  out.reserve(permutation.size());
  for (const int64_t axis : permutation) out.push_back(by_axis[static_cast<size_t>(axis)]);
  return out;
}

}  // namespace modelport
