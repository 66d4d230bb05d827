#pragma once

#include <cstdint>

namespace modelport {

/// What kernels are compiled for; the best that the processor has is chosen at run time. kBaseline is whatever the
/// build targets.
enum class InstructionSet : uint8_t { kBaseline, kAvx2, kAvx512 };

/// The set in use on this thread: the processor's best, unless limited.
InstructionSet instruction_set();

/// While it lives, this thread and the pools that it makes use at most this set (never more than the processor has).
/// kBaseline rounds every product before it is added, the others do not: two honest float32 results.
class InstructionSetLimit {
 public:
  explicit InstructionSetLimit(InstructionSet limit);
  ~InstructionSetLimit();
  InstructionSetLimit(const InstructionSetLimit&) = delete;
  InstructionSetLimit& operator=(const InstructionSetLimit&) = delete;

 private:
  InstructionSet before_;
};

}  // namespace modelport
