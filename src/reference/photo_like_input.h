#pragma once

#include "reference/interpreter.h"

namespace modelport {

/// A deterministic, photo-like, unsymmetric image [batch, channels, height, width] with values k/255, k in 0..255:
/// triangle waves, 32-pixel blocks with hard edges and noise, from integer arithmetic only, so that every language
/// gives the same bits. Image b of the batch is the image of seed + b.
///
///   tri(v, p)      = | v mod 2p - p | * 255 / p
///   mix(h)         : h ^= h>>15; h *= 0x2c1b3c6d; h ^= h>>12; h *= 0x297a2d39; h ^= h>>15      (uint32)
///   n(c, y, x)     = mix(x*73856093 ^ y*19349663 ^ c*83492791 ^ seed*2654435761)
///   wave           = (2 tri(x(c+2) + 3y + seed, 97) + tri(2y(c+1) + x, 61) + tri((x^2+y^2)>>6, 128)) >> 2
///   pixel          = min(255, (wave*5 >> 3) + ((n(c, y>>5, x>>5) & 127)*5 >> 3) + (n(c, y, x) & 15))
EvaluatedValue photo_like_input(const Shape& shape, uint32_t seed);

}  // namespace modelport
