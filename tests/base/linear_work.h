#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/work_count.h"

namespace modelport {

/// An input that nests or repeats something `n` times.
struct InputShape {
  std::string_view what;
  std::function<std::string(size_t n)> build;
};

inline std::string repeated(size_t count, std::string_view text) {
  std::string out;
  for (size_t i = 0; i < count; ++i) out += text;
  return out;
}

/// Holds the work that `read` counts at n to 2.3 times that at n/2, for every shape. A reader that sorts takes 2.2.
inline void expect_linear_work(std::span<const InputShape> shapes, const std::function<void(const std::string&)>& read,
                               size_t n = 8192) {
  for (const InputShape& shape : shapes) {
    const auto work = [&](size_t count) {
      const std::string input = shape.build(count);
      counted_work = 0;
      read(input);
      return counted_work;
    };
    const uint64_t half = work(n / 2), whole = work(n);
    EXPECT_GT(half, n / 64) << shape.what << ": nothing is counted";
    EXPECT_LE(static_cast<double>(whole), 2.3 * static_cast<double>(half)) << shape.what;
  }
}

}  // namespace modelport
