#include "io/crc32.h"

#include <zlib.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace modelport {
namespace {

#if defined(__x86_64__)
// Folding constants x^n mod P for the distances 4*128+-32, 128+-32 and 64, and Barrett's quotient, as in the paper.
alignas(16) constexpr uint64_t kFold512[] = {0x0154442bd4, 0x01c6e41596};
alignas(16) constexpr uint64_t kFold128[] = {0x01751997d0, 0x00ccaa009e};
alignas(16) constexpr uint64_t kFold64[] = {0x0163cd6124, 0};
alignas(16) constexpr uint64_t kBarrett[] = {0x01db710641, 0x01f7011641};

[[gnu::target("pclmul,sse4.1")]] inline __m128i load(const void* address) {
  return _mm_loadu_si128(static_cast<const __m128i*>(address));
}

[[gnu::target("pclmul,sse4.1")]] inline __m128i fold(__m128i value, __m128i factors, __m128i next) {
  const __m128i low = _mm_clmulepi64_si128(value, factors, 0x00);
  const __m128i high = _mm_clmulepi64_si128(value, factors, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

/// `size` is a multiple of 16 and at least 64; `state` is the inverted CRC so far.
[[gnu::target("pclmul,sse4.1")]] uint32_t fold_blocks(uint32_t state, const std::byte* data, size_t size) {
  __m128i lane[4];
  for (int i = 0; i < 4; ++i) lane[i] = load(data + 16 * i);
  lane[0] = _mm_xor_si128(lane[0], _mm_cvtsi32_si128(static_cast<int>(state)));
  data += 64;
  size -= 64;
  const __m128i by_512 = load(kFold512);
  for (; size >= 64; data += 64, size -= 64) {
    for (int i = 0; i < 4; ++i) lane[i] = fold(lane[i], by_512, load(data + 16 * i));
  }
  const __m128i by_128 = load(kFold128);
  __m128i x = lane[0];
  for (int i = 1; i < 4; ++i) x = fold(x, by_128, lane[i]);
  for (; size >= 16; data += 16, size -= 16) x = fold(x, by_128, load(data));

  const __m128i low_words = _mm_setr_epi32(~0, 0, ~0, 0);
  x = _mm_xor_si128(_mm_srli_si128(x, 8), _mm_clmulepi64_si128(x, by_128, 0x10));
  x = _mm_xor_si128(_mm_srli_si128(x, 4), _mm_clmulepi64_si128(_mm_and_si128(x, low_words), load(kFold64), 0x00));
  const __m128i barrett = load(kBarrett);
  __m128i quotient = _mm_clmulepi64_si128(_mm_and_si128(x, low_words), barrett, 0x10);
  quotient = _mm_clmulepi64_si128(_mm_and_si128(quotient, low_words), barrett, 0x00);
  return static_cast<uint32_t>(_mm_extract_epi32(_mm_xor_si128(x, quotient), 1));
}
#endif

}  // namespace

uint32_t crc32_of(std::span<const std::byte> bytes, uint32_t before) {
  uint32_t crc = before;
#if defined(__x86_64__)
  if (bytes.size() >= 64 && __builtin_cpu_supports("pclmul")) {
    const size_t folded = bytes.size() & ~size_t{15};
    crc = ~fold_blocks(~crc, bytes.data(), folded);
    bytes = bytes.subspan(folded);
  }
#endif
  return static_cast<uint32_t>(crc32_z(crc, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

}  // namespace modelport
