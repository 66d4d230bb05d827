#pragma once

#include "reference/interpreter.h"

namespace modelport {

/// A deterministic test chart [batch, channels, height, width] with values k/255, k in 0..255: what networks react to
/// more than to photographs. Chart 0 has a cell of each kind in two rows of three: black, white, a checkerboard of
/// 4 pixels, stripes of 2 pixels, blocks of 8 pixels in pure colours, noise. Charts 1 to 6 are one kind each, in that
/// order, and so on from 7. Image b of the batch is the chart of seed + b. Integer arithmetic only.
EvaluatedValue test_chart_input(const Shape& shape, uint32_t seed);

}  // namespace modelport
