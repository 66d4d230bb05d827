#pragma once

#include <string>

#include "base/result.h"
#include "vision/image.h"

namespace modelport {

/// Largest picture that is decoded, in pixels.
inline constexpr int64_t kMaxImagePixels = int64_t{1} << 28;

/// Reads a JPEG or PNG file (told apart by content, not by name) as OpenCV's imread does: turned upright by its EXIF
/// orientation, alpha dropped, 16 bits cut to their high byte. kNotFound, kUnreadable, kDamaged, or kInvalidArgument
/// for another kind of file.
Result<Image> read_image(const std::string& path, Colors colors);

/// Writes a PNG (`.png`) or JPEG (`.jpg`, `.jpeg`, quality 95) file, as its name says. kInvalidArgument for another
/// name, kUnwritable.
Status write_image(const std::string& path, const Image& image);

}  // namespace modelport
