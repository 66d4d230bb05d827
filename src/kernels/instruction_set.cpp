#include "kernels/instruction_set.h"

#include <algorithm>
#include <atomic>

namespace modelport {

namespace {

InstructionSet detect() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq")) {
    return InstructionSet::kAvx512;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return InstructionSet::kAvx2;
#endif
  return InstructionSet::kBaseline;
}

const InstructionSet kDetected = detect();
std::atomic<InstructionSet> limit_in_force = InstructionSet::kAvx512;

}  // namespace

InstructionSet instruction_set() { return std::min(kDetected, limit_in_force.load(std::memory_order_relaxed)); }

void limit_instruction_set(InstructionSet limit) { limit_in_force = limit; }

}  // namespace modelport
