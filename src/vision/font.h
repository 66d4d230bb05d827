#pragma once

#include <array>
#include <cstdint>

namespace modelport {

/// Glyphs are five columns wide and seven rows high, one more of each between them.
inline constexpr int64_t kGlyphWidth = 5;
inline constexpr int64_t kGlyphHeight = 7;

/// The columns of a character from the left, bit 0 on top. Characters outside printable ASCII get a filled box.
const std::array<uint8_t, kGlyphWidth>& glyph(char character);

}  // namespace modelport
