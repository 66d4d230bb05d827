#pragma once

#include <map>
#include <vector>

#include "graph/weight_recipe.h"

namespace modelport {

/// Numbers constants from 0, those of equal bytes alike, so that a file holds each once. Candidates are told apart by
/// size and a few sampled bytes; only what agrees in those is compared in full, so that weights are not computed once
/// more.
class ConstantPool {
 public:
  /// The constant's number; size() as it was before, when none of equal bytes was there.
  size_t number_of(const WeightRecipe& data);
  size_t size() const { return numbered_.size(); }

 private:
  struct Numbered {
    WeightRecipe data;
    size_t number;
  };
  std::multimap<std::pair<int64_t, std::vector<std::byte>>, Numbered> numbered_;  ///< By size in bytes and sample.
};

/// Whether two constants have the same bytes; computed in chunks.
bool same_bytes(const WeightRecipe& a, const WeightRecipe& b);

}  // namespace modelport
