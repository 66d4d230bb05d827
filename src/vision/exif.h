#pragma once

#include <cstddef>
#include <span>

#include "vision/image.h"

namespace modelport {

/// The orientation tag (0x0112) of the first directory of a TIFF structure, 1 to 8; 1 where there is none or the
/// structure is damaged (Exif 2.32, 4.6.4).
int exif_orientation(std::span<const std::byte> tiff);

/// The image turned and mirrored so that it stands as an `orientation` of 1 does.
Image upright(Image image, int orientation);

}  // namespace modelport
