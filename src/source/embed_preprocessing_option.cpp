#include "source/embed_preprocessing_option.h"

namespace modelport {

ExportOption<BuildRequest> embed_preprocessing_option() {
  return choice_option<BuildRequest, ImageInput>(
      "embed_preprocessing",
      {{true, ImageInput::kRgbPixels},
       {false, ImageInput::kNormalised},
       {"rgb", ImageInput::kRgbPixels},
       {"bgr", ImageInput::kBgrPixels}},
      &BuildRequest::image_input, "true or rgb: the input is uint8 [batch, height, width, 3] as a camera gives it");
}

}  // namespace modelport
