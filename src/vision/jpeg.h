#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/result.h"
#include "vision/image.h"

namespace modelport {

/// Decodes a JPEG with libjpeg-turbo's accurate transform and smooth chroma upsampling, which is what OpenCV and Pillow
/// do. `exif` gets the APP1 segment that starts with "Exif\0\0", without that; empty where there is none. kDamaged for
/// what libjpeg refuses; a file cut short decodes to what is there.
Result<Image> decode_jpeg(std::span<const std::byte> bytes, Colors colors, std::vector<std::byte>& exif);

/// A baseline JPEG of quality 1 to 100.
Result<std::vector<std::byte>> encode_jpeg(const Image& image, int quality);

}  // namespace modelport
