#pragma once

#include "base/result.h"
#include "tensor/tensor.h"
#include "vision/contract.h"
#include "vision/image.h"

namespace modelport {

/// Where a picture lies in the input: input = picture * scale + offset, on each axis.
struct Placement {
  double scale_x = 1.0, scale_y = 1.0;
  double left = 0.0, top = 0.0;
  int64_t image_width = 0, image_height = 0;

  /// A point of the input in the picture, held to it.
  double image_x(double x) const;
  double image_y(double y) const;
};

/// The picture at the input's size, as 8-bit pixels still, and where it lies.
struct FittedImage {
  Image image;
  Placement placement;
};

/// Letterbox, stretch or crop, as `input` says. Letterbox rounds as Ultralytics' LetterBox (auto=False) does, the crop
/// as torchvision's Resize and CenterCrop do.
FittedImage fit(const Image& image, const InputContract& input);

/// Fitted images of one size as the input tensor, [batch, C, H, W] or [batch, H, W, C], normalised unless the artifact
/// does that. x = (pixel * scale - mean) / std in float32.
Tensor input_tensor(std::span<const FittedImage> images, const InputContract& input);

/// Which colours read_image should give for this input.
Colors colors_for(const InputContract& input);

}  // namespace modelport
