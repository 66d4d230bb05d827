#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <tuple>
#include <vector>

#include "kernels/instruction_set.h"
#include "kernels/thread_pool.h"

namespace modelport {

/// A test that runs with every instruction set (those that the processor lacks repeat its best), on one thread and two.
class EveryInstructionSet : public testing::TestWithParam<std::tuple<InstructionSet, unsigned>> {
 protected:
  InstructionSetLimit limit_{std::get<0>(GetParam())};
  ThreadPool pool_{std::get<1>(GetParam())};
};

inline auto every_instruction_set() {
  return testing::Combine(testing::Values(InstructionSet::kBaseline, InstructionSet::kAvx2Unfused,
                                          InstructionSet::kAvx2, InstructionSet::kAvx512),
                          testing::Values(1u, 2u));
}

/// Values in [low, high), the same for the same seed.
inline std::vector<float> random_floats(int64_t count, uint32_t seed, float low = -1.0f, float high = 1.0f) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<float> values(low, high);
  std::vector<float> out(static_cast<size_t>(count));
  std::generate(out.begin(), out.end(), [&] { return values(generator); });
  return out;
}

}  // namespace modelport
