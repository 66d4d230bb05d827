#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "checkpoint/pickle_value.h"

namespace modelport {

/// The memo of one pickle. Python numbers its entries in order, which is an array here; a file that does not is held
/// in a map.
class PickleMemo {
 public:
  /// Entries, as MEMOIZE counts them.
  size_t size() const { return size_; }
  void put(uint64_t index, const PickleValue& value);
  /// Null where nothing was put.
  const PickleValue* find(uint64_t index) const;

 private:
  std::vector<std::optional<PickleValue>> in_order_;
  std::map<uint64_t, PickleValue> others_;
  size_t size_ = 0;
};

}  // namespace modelport
