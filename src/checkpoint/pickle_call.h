#pragma once

#include <span>
#include <string_view>

#include "base/result.h"
#include "checkpoint/pickle_value.h"

namespace modelport {

/// What a native stand-in for a callable works with.
struct PickleCall {
  PickleArena& arena;
  const PickleGlobal& callable;
  std::span<const PickleValue> arguments;
  /// What is left of PickleLimits::work; a stand-in that copies takes from it.
  size_t& work_left;
};

/// One callable that honest checkpoints call and that is evaluated here, on data, without importing anything.
struct PickleCallable {
  /// "torch._utils._rebuild_tensor_v2"; for a row that ends in '*', any name with that prefix.
  std::string_view name;
  Result<PickleValue> (*evaluate)(const PickleCall&);
  /// What the stand-in does and why that cannot harm.
  std::string_view reason;
};

/// The whole list: what is not in it is never called.
std::span<const PickleCallable> pickle_callables();

/// The row for a callable, or null. Python 2 names (`__builtin__`, `copy_reg`) count as their Python 3 ones.
const PickleCallable* find_pickle_callable(const PickleGlobal& callable);

/// Evaluates a listed call. kHostile when the callable is not listed; kDamaged when its arguments do not fit.
Result<PickleValue> evaluate_pickle_call(const PickleCall& call);

}  // namespace modelport
