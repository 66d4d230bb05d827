#include "base/half.h"

#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace modelport {

namespace {

uint16_t unaligned(const uint16_t* from) {
  uint16_t bits;
  std::memcpy(&bits, from, sizeof bits);
  return bits;
}

#if defined(__x86_64__)
// Every processor with AVX2 has F16C, which clang before 17 cannot ask for by name.
const bool kHasF16c = __builtin_cpu_supports("avx2") != 0;

/// Whole groups of eight; returns how many elements were done.
__attribute__((target("avx,f16c"))) size_t groups_to_float(const uint16_t* from, float* to, size_t count) {
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const __m128i eight = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i));
    _mm256_storeu_ps(to + i, _mm256_cvtph_ps(eight));
  }
  return i;
}

__attribute__((target("avx,f16c"))) size_t groups_to_half(const float* from, uint16_t* to, size_t count) {
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const __m128i eight = _mm256_cvtps_ph(_mm256_loadu_ps(from + i), _MM_FROUND_TO_NEAREST_INT);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + i), eight);
  }
  return i;
}

__attribute__((target("avx,f16c"))) size_t round_groups(float* values, size_t count) {
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const __m128i eight = _mm256_cvtps_ph(_mm256_loadu_ps(values + i), _MM_FROUND_TO_NEAREST_INT);
    _mm256_storeu_ps(values + i, _mm256_cvtph_ps(eight));
  }
  return i;
}
#else
constexpr bool kHasF16c = false;
size_t groups_to_float(const uint16_t*, float*, size_t) { return 0; }
size_t groups_to_half(const float*, uint16_t*, size_t) { return 0; }
size_t round_groups(float*, size_t) { return 0; }
#endif

}  // namespace

void half_to_float(std::span<const uint16_t> halves, std::span<float> out) {
  size_t i = kHasF16c ? groups_to_float(halves.data(), out.data(), out.size()) : 0;
  for (; i < out.size(); ++i) out[i] = float_from_half(unaligned(halves.data() + i));
}

void float_to_half(std::span<const float> values, std::span<uint16_t> out) {
  size_t i = kHasF16c ? groups_to_half(values.data(), out.data(), out.size()) : 0;
  for (; i < out.size(); ++i) out[i] = half_from_float(values[i]);
}

void round_to_half(std::span<float> values) {
  size_t i = kHasF16c ? round_groups(values.data(), values.size()) : 0;
  for (; i < values.size(); ++i) values[i] = float_from_half(half_from_float(values[i]));
}

void round_to_bfloat16(std::span<float> values) {
  for (float& value : values) value = float_from_bfloat16(bfloat16_from_float(value));
}

}  // namespace modelport
