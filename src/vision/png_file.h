#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/result.h"
#include "vision/image.h"

namespace modelport {

/// Decodes a PNG: palettes expanded, alpha dropped, 16 bits cut to their high byte. `exif` gets the eXIf chunk; empty
/// where there is none. kDamaged for what libpng refuses.
Result<Image> decode_png(std::span<const std::byte> bytes, Colors colors, std::vector<std::byte>& exif);

/// An 8-bit PNG, gray or RGB.
Result<std::vector<std::byte>> encode_png(const Image& image);

}  // namespace modelport
