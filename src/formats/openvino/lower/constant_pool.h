#pragma once

#include <map>
#include <vector>

#include "graph/weight_recipe.h"

namespace modelport {

/// Lays constants out in a weights file: each begins at a multiple of 64, and those of equal bytes share one place.
/// Candidates are told apart by size and a few sampled bytes; only what agrees in those is compared in full, so that
/// weights are not computed once more.
class ConstantPool {
 public:
  /// Where the constant's bytes begin.
  uint64_t place(const WeightRecipe& data);

 private:
  struct Placed {
    WeightRecipe data;
    uint64_t offset;
  };
  std::multimap<std::pair<int64_t, std::vector<std::byte>>, Placed> placed_;  ///< By size in bytes and sample.
  uint64_t end_ = 0;
};

/// Whether two constants have the same bytes; computed in chunks.
bool same_bytes(const WeightRecipe& a, const WeightRecipe& b);

}  // namespace modelport
