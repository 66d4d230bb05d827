#include "kernels/instruction_set.h"

#include <algorithm>
#include <utility>

namespace modelport {

namespace {

InstructionSet detect() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq")) {
    return InstructionSet::kAvx512;
  }
  if (__builtin_cpu_supports("avx2"))
    return __builtin_cpu_supports("fma") ? InstructionSet::kAvx2 : InstructionSet::kAvx2Unfused;
#endif
  return InstructionSet::kBaseline;
}

const InstructionSet kDetected = detect();
thread_local InstructionSet limit_in_force = InstructionSet::kAvx512;

}  // namespace

InstructionSet instruction_set() { return std::min(kDetected, limit_in_force); }

InstructionSetLimit::InstructionSetLimit(InstructionSet limit)
    : before_(std::exchange(limit_in_force, std::min(limit, limit_in_force))) {}

InstructionSetLimit::~InstructionSetLimit() { limit_in_force = before_; }

}  // namespace modelport
