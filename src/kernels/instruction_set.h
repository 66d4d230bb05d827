#pragma once

#include <cstdint>

namespace modelport {

/// What kernels are compiled for; the best that the processor has is chosen at run time. kBaseline is whatever the
/// build targets.
/// kAvx2Unfused is AVX2 without fused multiply-add: the results of kBaseline, bit for bit.
enum class InstructionSet : uint8_t { kBaseline, kAvx2Unfused, kAvx2, kAvx512 };

/// The set in use on this thread: the processor's best, unless limited.
InstructionSet instruction_set();

/// While it lives, this thread and the pools that it makes use at most this set (never more than the processor has).
/// The first two round every product before it is added, the others do not: two honest float32 results.
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
