#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace modelport {

inline constexpr int64_t kLargestImageSide = 16384;

/// Image sizes as people and frameworks write them, {height, width}: one number for both sides, or two. Numbers are
/// whole (640.0 too) and from 1 to kLargestImageSide; nothing for anything else.
std::optional<std::array<int64_t, 2>> image_size_from_sides(std::span<const double> sides);

/// The same as text: "640", "[640]", "(384, 640)", "384,640".
std::optional<std::array<int64_t, 2>> image_size_from_text(std::string_view text);

}  // namespace modelport
