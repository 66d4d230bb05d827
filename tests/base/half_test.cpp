#include "base/half.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

namespace modelport {
namespace {

TEST(Half, EveryHalfSurvivesARoundTripThroughFloat) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const float value = float_from_half(static_cast<uint16_t>(bits));
    if (std::isnan(value)) continue;
    ASSERT_EQ(half_from_float(value), bits);
  }
}

TEST(Half, RoundsToNearestEven) {
  EXPECT_EQ(half_from_float(1.0f + 0x1p-11f), 0x3c00) << "a tie goes to the even neighbour";
  EXPECT_EQ(half_from_float(1.0f + 0x1.8p-10f), 0x3c02);
  EXPECT_EQ(half_from_float(65519.996f), 0x7bff);
  EXPECT_EQ(half_from_float(65520.0f), 0x7c00);
  EXPECT_EQ(half_from_float(0x1p-25f), 0x0000);
  EXPECT_EQ(half_from_float(0x1.000002p-25f), 0x0001);
}

TEST(Half, ManyAtOnceEqualOneByOne) {
  std::vector<uint16_t> halves(0x10000);
  for (size_t i = 0; i < halves.size(); ++i) halves[i] = static_cast<uint16_t>(i);
  std::vector<float> floats(halves.size());
  half_to_float(halves, floats);
  std::vector<uint16_t> back(halves.size());
  float_to_half(floats, back);
  for (size_t i = 0; i < halves.size(); ++i) {
    if (std::isnan(float_from_half(halves[i]))) {
      ASSERT_TRUE(std::isnan(floats[i])) << i;
      continue;
    }
    ASSERT_EQ(floats[i], float_from_half(halves[i])) << i;
    ASSERT_EQ(back[i], halves[i]) << i;
  }
}

TEST(Half, BulkRoundingEqualsSingleRoundingAtEveryLengthAndMagnitude) {
  for (size_t count = 0; count < 40; ++count) {
    std::vector<float> values(count);
    for (size_t i = 0; i < count; ++i) {
      values[i] = std::ldexp(1.0f + 0.37f * static_cast<float>(i), static_cast<int>((i * 7 + count) % 48) - 30);
    }
    std::vector<float> rounded = values;
    round_to_half(rounded);
    std::vector<uint16_t> bits(count);
    float_to_half(values, bits);
    for (size_t i = 0; i < count; ++i) {
      ASSERT_EQ(bits[i], half_from_float(values[i])) << values[i];
      ASSERT_EQ(rounded[i], float_from_half(half_from_float(values[i]))) << values[i];
    }
  }
}

TEST(Half, ReadsUnalignedBytes) {
  std::vector<std::byte> bytes(2 * 20 + 1);
  for (uint16_t i = 0; i < 20; ++i) {
    const uint16_t bits = static_cast<uint16_t>(0x3c00 + i);
    std::memcpy(bytes.data() + 1 + 2 * i, &bits, 2);
  }
  std::vector<float> floats(20);
  half_to_float({reinterpret_cast<const uint16_t*>(bytes.data() + 1), 20}, floats);
  for (uint16_t i = 0; i < 20; ++i) EXPECT_EQ(floats[i], float_from_half(static_cast<uint16_t>(0x3c00 + i)));
}

}  // namespace
}  // namespace modelport
