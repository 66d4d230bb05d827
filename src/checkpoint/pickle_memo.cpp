#include "checkpoint/pickle_memo.h"

namespace modelport {
namespace {

// Python 2 began at 1, and what optimises pickles drops entries.
constexpr size_t kWidestGap = 16;

}  // namespace

const PickleValue* PickleMemo::find(uint64_t index) const {
  if (index < in_order_.size() && in_order_[index]) return &*in_order_[index];
  const auto other = others_.find(index);
  return other == others_.end() ? nullptr : &other->second;
}

void PickleMemo::put(uint64_t index, const PickleValue& value) {
  if (!find(index)) ++size_;
  if (index >= in_order_.size() + kWidestGap) {
    others_.insert_or_assign(index, value);
    return;
  }
  if (index >= in_order_.size()) in_order_.resize(index + 1);
  in_order_[index] = value;
}

}  // namespace modelport
