#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace modelport {

/// CRC-32 of zip and PNG (reflected polynomial 0xEDB88320), folded with carry-less multiplication where the CPU has it
/// (Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction", Intel 2009).
/// `before` is the CRC of the bytes in front of these.
uint32_t crc32_of(std::span<const std::byte> bytes, uint32_t before = 0);

}  // namespace modelport
