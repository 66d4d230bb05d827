#pragma once

#include "kernels/instruction_set.h"

/// Marks a function that takes on the instruction set of whoever calls it.
#define MODELPORT_INLINE __attribute__((always_inline)) inline

namespace modelport {

#if defined(__x86_64__)
template <class Loop, class... Arguments>
__attribute__((target("avx2"))) void run_avx2_unfused(Arguments... arguments) {
  Loop::run(arguments...);
}
template <class Loop, class... Arguments>
__attribute__((target("avx2,fma"))) void run_avx2(Arguments... arguments) {
  Loop::run(arguments...);
}
template <class Loop, class... Arguments>
__attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,avx2,fma"))) void run_avx512(Arguments... arguments) {
  Loop::run(arguments...);
}
#endif

/// Calls Loop::run(arguments...), compiled for the instruction set in use. `run` and all that it calls must be
/// MODELPORT_INLINE. (GCC's target_clones("arch=haswell") would not do: its resolver asks for that very processor
/// model, not for what the processor can do.)
template <class Loop, class... Arguments>
void dispatch(Arguments... arguments) {
#if defined(__x86_64__)
  switch (instruction_set()) {
    case InstructionSet::kAvx512:
      return run_avx512<Loop>(arguments...);
    case InstructionSet::kAvx2:
      return run_avx2<Loop>(arguments...);
    case InstructionSet::kAvx2Unfused:
      return run_avx2_unfused<Loop>(arguments...);
    case InstructionSet::kBaseline:
      break;
  }
#endif
  Loop::run(arguments...);
}

}  // namespace modelport
