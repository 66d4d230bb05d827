#pragma once

#include <cstdint>

namespace modelport {

/// What kernels are compiled for; the best that the processor has is chosen at run time. kBaseline is whatever the
/// build targets.
enum class InstructionSet : uint8_t { kBaseline, kAvx2, kAvx512 };

/// The set in use: the processor's best, unless limited.
InstructionSet instruction_set();

/// For tests: use at most this set from now on (never more than the processor has).
void limit_instruction_set(InstructionSet limit);

}  // namespace modelport
