#include "export/reference_outputs.h"

#include <algorithm>
#include <cmath>

#include "reference/photo_like_input.h"
#include "reference/test_chart_input.h"

namespace modelport {

std::vector<Trial> trials(const SourceModel& model) {
  const InputSizes& sizes = model.sizes;
  // A multiple of the stride, three and five times it for the usual strides.
  const int64_t stride = model.facts.stride;
  const auto at_least = [stride](int64_t size) {
    return (std::max(size, size / 32 * stride) + stride - 1) / stride * stride;
  };
  std::vector<Trial> list = {{sizes.batch, sizes.height, sizes.width, 0}};
  if (sizes.dynamic == DynamicAxes::kBatch) list.push_back({sizes.batch == 2 ? 3 : 2, sizes.height, sizes.width, 1});
  if (sizes.dynamic == DynamicAxes::kAll) list.push_back({2, at_least(96), at_least(160), 1});
  return list;
}

namespace {

/// [N, C, H, W] in 0 to 1 as [N, H, W, C] in 0 to 255: exactly the pixels that the image was made of.
EvaluatedValue as_pixels(const EvaluatedValue& image) {
  const int64_t channels = image.shape[1], plane = image.shape[2] * image.shape[3];
  EvaluatedValue pixels;
  pixels.dtype = DType::kUInt8;
  pixels.shape = {image.shape[0], image.shape[2], image.shape[3], channels};
  pixels.integers.resize(image.floats.size());
  for (size_t i = 0; i < image.floats.size(); ++i) {
    const auto at = static_cast<int64_t>(i);
    const int64_t batch = at / (channels * plane), channel = at / plane % channels, pixel = at % plane;
    pixels.integers[static_cast<size_t>((batch * plane + pixel) * channels + channel)] =
        std::lround(image.floats[i] * 255.0F);
  }
  return pixels;
}

EvaluatedValue trial_image(const SourceModel& model, const IoSpec& spec, const Trial& trial) {
  const Shape shape = {trial.batch, model.facts.channels, trial.height, trial.width};
  const EvaluatedValue image = trial.picture == Trial::Picture::kTestChart ? test_chart_input(shape, trial.seed)
                                                                           : photo_like_input(shape, trial.seed);
  return spec.layout == "NHWC" ? as_pixels(image) : image;
}

}  // namespace

Result<std::vector<EvaluatedValue>> trial_inputs(const SourceModel& model, const Trial& trial) {
  std::vector<EvaluatedValue> inputs;
  for (const IoSpec& spec : model.inputs) {
    if (spec.role != Role::kImage)
      return fail(ErrorCode::kInternal, "nothing is made for the input {}, which is {}", spec.name,
                  role_name(spec.role));
    inputs.push_back(trial_image(model, spec, trial));
    inputs.back().name = spec.name;
  }
  return inputs;
}

Result<const EvaluationResult*> ReferenceOutputs::at(const Trial& trial, EvaluationPrecision precision) {
  const std::lock_guard lock(mutex_);
  const auto found = results_.find({trial, precision});
  if (found != results_.end()) return &found->second;
  TRY(inputs, trial_inputs(model_, trial));
  EvaluationRequest request{model_.graph, std::move(inputs),
                            symbols_for(model_, trial.batch, trial.height, trial.width)};
  request.precision = precision;
  TRY(result, evaluate(request));
  return &results_.emplace(std::tuple(trial, precision), std::move(result)).first->second;
}

}  // namespace modelport
