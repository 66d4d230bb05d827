#pragma once

#include "vision/prediction.h"

namespace modelport {

/// How far two predictions of one picture are apart.
struct Agreement {
  int64_t first = 0, second = 0;     ///< Detections of each; for classes and class maps the classes or pixels compared.
  int64_t matched = 0;               ///< Pairs of one class that overlap by half or more; equal ranks; equal pixels.
  double box_difference = 0.0;       ///< Largest of a matched pair's coordinates, in pixels of the picture.
  double keypoint_difference = 0.0;  ///< Of those that either holds for visible (above 0.5), in pixels of the picture.
  double angle_difference = 0.0;     ///< Radians, modulo a half turn.
  double score_difference = 0.0;
  int64_t mask_pixels = 0;  ///< Largest number of input pixels in which a matched pair's masks differ.
};

/// Pairs every detection of `first`, best first, with the unpaired one of `second` that overlaps it by half or more and
/// is most like it: overlap less the difference of scores.
Agreement agreement_of(const Prediction& first, const Prediction& second);

}  // namespace modelport
