#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "base/error.h"
#include "checkpoint/pickle_reader.h"
#include "checkpoint/pickle_value.h"

namespace modelport {

/// What can be said of pickles without believing them.
struct PickleScan {
  /// Every class and function named, in order of first appearance.
  std::vector<PickleGlobal> globals;
  std::vector<RefusedCall> refused_calls;
  /// Why reading stopped before the end of the bytes.
  std::optional<Error> damage;
  /// Whole pickles read.
  size_t pickles = 0;
  /// Whether a tensor was rebuilt anywhere.
  enum class Tensors { kNone, kSome } tensors = Tensors::kNone;
};

/// Reads one pickle after the other, as far as they go, noting what they would call.
PickleScan scan_pickles(std::span<const std::byte> bytes, CheckpointFamilies families = {});

/// The error for the first refused call, of those known to act before all others, or nothing.
std::optional<Error> refused_call_error(const PickleScan& scan);
/// The error for the first call that is known to act, or nothing.
std::optional<Error> hostile_call_error(const PickleScan& scan);

}  // namespace modelport
