#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace modelport {

/// Sizes of a dense array, outermost axis first. Empty is a scalar.
using Shape = std::vector<int64_t>;

/// Product of the sizes; nothing when a size is negative or the product overflows.
std::optional<int64_t> element_count(std::span<const int64_t> shape);

/// Strides, in elements, of a C-contiguous array.
std::vector<int64_t> contiguous_strides(std::span<const int64_t> shape);

/// "[1, 3, 640, 640]".
std::string shape_text(std::span<const int64_t> shape);

}  // namespace modelport
