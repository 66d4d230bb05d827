#pragma once

#include "vision/image.h"

namespace modelport {

/// How pixels between pixels are made; the names of metadata.json.
enum class Interpolation {
  kBilinear,           ///< Half-pixel centres, two taps an axis whatever the scale, as OpenCV's INTER_LINEAR.
  kBilinearAntialias,  ///< The filter widens when shrinking, as Pillow's BILINEAR.
};

/// The image at another size. Bit for bit what OpenCV 5's cv2.resize (kBilinear: 11-bit coefficients, halving averages
/// 2x2 blocks) and Pillow's Image.resize (kBilinearAntialias: 22-bit coefficients, rounded between the passes) give for
/// 8-bit images. Pillow 13 sometimes resizes the columns before the rows, which is one level apart here and there.
/// Sizes are at least 1.
Image resize(const Image& image, int64_t width, int64_t height, Interpolation interpolation);

}  // namespace modelport
