#include "export/verify.h"

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "base/log.h"
#include "base/printable.h"
#include "export/artifact_facts.h"
#include "export/artifact_pairing.h"
#include "export/metadata.h"
#include "export/precision_limits.h"
#include "export/prepare.h"
#include "export/translate_checkpoint.h"
#include "export/weight_dtypes.h"
#include "reference/channel_runs.h"
#include "reference/compare.h"
#include "reference/photo_like_input.h"
#include "vision/agreement.h"
#include "vision/draw.h"
#include "vision/image_file.h"

namespace modelport {

namespace {

namespace fs = std::filesystem;

/// The artifact, the model that it is held to, and how pictures reach both.
struct Subject {
  ArtifactFacts facts;
  ExportOptions options;
  SourceModel model;
  ArtifactContract reference_contract;
  ArtifactContract artifact_contract;
  EngineInput input;  ///< As the artifact itself names and types it.
};

/// What metadata.json would say of the model, as a consumer reads it.
Result<ArtifactContract> contract_of(const Trainer& trainer, const FormatRow& format, const SourceModel& model,
                                     const ExportOptions& options) {
  const Proof unproven;
  TRY(metadata,
      make_metadata({trainer, format, model, options, unproven, default_tolerance(options.precision), {}, {}}));
  return read_contract(metadata);
}

EvaluatedValue evaluated(const std::string& name, const Tensor& tensor) {
  EvaluatedValue value;
  value.name = name;
  value.dtype = tensor.dtype();
  value.shape = tensor.shape();
  if (is_float(value.dtype)) {
    value.floats = tensor.to_floats();
  } else {
    value.integers = tensor.to_int64s();
  }
  return value;
}

Tensor stored_tensor(const EvaluatedValue& value) {
  if (is_float(value.dtype)) return Tensor::from_floats(value.shape, value.floats);
  return Tensor::from_int64s(value.shape, value.integers);
}

Result<EvaluationResult> evaluate_model(const SourceModel& model, const EvaluatedValue& input,
                                        EvaluationPrecision precision) {
  const bool channels_last = model.inputs[image_position(model)].layout == "NHWC";
  const int64_t height = input.shape[channels_last ? 1 : 2], width = input.shape[channels_last ? 2 : 3];
  EvaluationRequest request{model.graph, {input}, symbols_for(model, input.shape[0], height, width)};
  request.precision = precision;
  request.keep = EvaluationRequest::Keep::kOutputs;
  return evaluate(request);
}

/// Both sides of one input.
struct Measurement {
  std::vector<Comparison> figures;
  std::vector<Tensor> reference, artifact;
};

/// Where float32 itself is too coarse for the limits (docs/proof.md): the float64 reference, and four times the
/// unfolded graph's own error.
struct CoarseLimits {
  EvaluationResult reference;
  std::vector<double> limits;
};
Result<CoarseLimits> coarse_limits(const Subject& subject, const Tensor& input, const EvaluationResult& float32) {
  TRY(exact, evaluate_model(subject.model, evaluated("input", input), EvaluationPrecision::kFloat64));
  TRY(errors, own_error(float32.outputs, exact.outputs, subject.model.outputs));
  for (double& limit : errors) limit *= kOwnErrorFactor;
  return CoarseLimits{std::move(exact), std::move(errors)};
}

/// What cannot be paired is not compared: that is no difference of numbers.
Error unpaired(const Subject& subject, std::string_view what, const std::string& found, const std::string& wanted) {
  Error error = fail(ErrorCode::kInconsistentModel,
                     "the {}s of {} cannot be paired with those of the checkpoint's model, by name or by shape: the "
                     "artifact has {}; the model has {}",
                     what, subject.facts.path, found, wanted);
  error.hint =
      "name the checkpoint that it was exported from; where it was exported with other options, verify the "
      "export's folder with its metadata.json";
  return error;
}

/// The artifact's input for pictures: of the contract's name, else the only one.
Result<EngineInput> picture_input(const Subject& subject) {
  const InputContract& wanted = subject.artifact_contract.input;
  TRY(inputs, subject.facts.session->inputs().in(subject.facts.path));
  if (inputs.empty()) return EngineInput{wanted.name, wanted.dtype};
  if (inputs.size() == 1 && is_float(inputs[0].dtype) == is_float(wanted.dtype)) return inputs[0];
  std::string found;
  for (const EngineInput& input : inputs)
    found += fmt::format("{}{} {}", found.empty() ? "" : ", ", input.name, dtype_name(input.dtype));
  return unpaired(subject, "input", found, fmt::format("{} {}", wanted.name, dtype_name(wanted.dtype)));
}

/// For each output of the model the artifact's.
Result<std::vector<size_t>> pair_outputs(const Subject& subject, std::span<const EvaluatedValue> expected,
                                         std::span<const EngineTensor> results) {
  std::vector<Port> wanted, found;
  for (const EvaluatedValue& value : expected) wanted.push_back({value.name, value.dtype, value.shape});
  for (const EngineTensor& result : results)
    found.push_back({result.name, result.tensor.dtype(), result.tensor.shape()});
  auto pairs = pair_ports(wanted, found);
  if (!pairs) return unpaired(subject, "output", ports_text(found), ports_text(wanted));
  return *std::move(pairs);
}

/// Coordinates as the model counts them, where the artifact's metadata.json says that it counts them otherwise.
void count_as_the_model(const Subject& subject, const IoSpec& spec, EvaluatedValue& value) {
  for (const ChannelGroup& group : spec.groups) {
    if (group.role != Role::kBoxesPx) continue;
    const bool keypoint = group.name.starts_with("keypoints");
    const auto unit = [&](const ArtifactContract& contract) {
      return keypoint ? contract.output.keypoint_unit : contract.output.unit;
    };
    const CoordinateUnit theirs = unit(subject.artifact_contract);
    if (theirs == unit(subject.reference_contract)) continue;
    ChannelGroup parts = group;
    parts.unit = group.name == "keypoints_x"   ? Unit::kPartsOfWidth
                 : group.name == "keypoints_y" ? Unit::kPartsOfHeight
                                               : Unit::kParts;
    for (const auto& [channels, pixels] : in_pixels(parts, spec.image)) {
      const auto factor = static_cast<float>(theirs == CoordinateUnit::kFraction ? pixels : 1.0 / pixels);
      for_each_run(value.shape, channels, [&](int64_t first, int64_t last) {
        for (int64_t i = first; i < last; ++i) value.floats[static_cast<size_t>(i)] *= factor;
      });
    }
  }
}

/// The same numbers in another type.
Tensor converted(const Tensor& tensor, DType dtype) {
  if (tensor.dtype() == dtype) return tensor;
  const WeightRecipe recipe = WeightRecipe::source(tensor, "input").convert(dtype);
  std::vector<std::byte> bytes(static_cast<size_t>(tensor.element_count() * dtype_bytes(dtype)));
  recipe.read_bytes(0, bytes);
  return Tensor::from_bytes(dtype, tensor.shape(), std::move(bytes));
}

Result<Measurement> measure(Subject& subject, const Tensor& input) {
  const Tensor given = converted(input, subject.input.dtype);
  auto run = subject.facts.session->run({{subject.input.name, given}}).in(subject.facts.path);
  if (!run) {
    Error error = run.error();
    if (error.code == ErrorCode::kValidationFailed) error.code = ErrorCode::kInconsistentModel;
    return error;
  }
  const std::vector<EngineTensor> results = *std::move(run);
  TRY(expected, evaluate_model(subject.model, evaluated("input", input), EvaluationPrecision::kFloat32));
  const bool channels_last = subject.model.inputs[image_position(subject.model)].layout == "NHWC";
  set_image_size(subject.model, input.shape()[channels_last ? 1 : 2], input.shape()[channels_last ? 2 : 3]);
  const std::vector<IoSpec>& specs = subject.model.outputs;
  TRY(pairs, pair_outputs(subject, expected.outputs, results));
  Measurement measurement;
  std::vector<EvaluatedValue> actual;
  for (size_t i = 0; i < specs.size(); ++i) {
    const EngineTensor& result = results[pairs[i]];
    actual.push_back(evaluated(specs[i].name, result.tensor));
    count_as_the_model(subject, specs[i], actual.back());
    measurement.artifact.push_back(result.tensor);
    measurement.reference.push_back(stored_tensor(expected.outputs[i]));
  }
  const Tolerance tolerance = limits_for(subject.options.precision, default_tolerance(subject.options.precision));
  TRY(figures, compare(expected.outputs, actual, specs, tolerance));
  if (!all_agree(figures) && !subject.options.precision.rounds_weights()) {
    TRY(coarse, coarse_limits(subject, input, expected));
    TRY(held, compare(coarse.reference.outputs, actual, specs, tolerance, coarse.limits));
    figures = std::move(held);
  }
  measurement.figures = std::move(figures);
  return measurement;
}

/// What the file itself says of its precision, where no metadata.json does.
Precision declared_precision(const Subject& subject) {
  const Precision half = subject.facts.row->format->half;
  if (subject.input.dtype == DType::kFloat16) return half;
  if (subject.facts.candidates.size() == 1) return subject.options.precision;
  const std::optional<double> share = float16_weight_share(subject.facts);
  if (!share || *share <= 0.5) return subject.options.precision;
  return half;
}

/// The model of the first candidate whose outputs have the artifact's shapes.
Result<Subject> find_subject(const Trainer& trainer, const Checkpoint& checkpoint, ArtifactFacts facts) {
  Subject subject;
  subject.facts = std::move(facts);
  std::optional<Error> first_error;
  for (const ExportOptions& options : subject.facts.candidates) {
    const auto attempt = [&]() -> Status {
      TRY(model, translate_checkpoint(trainer, checkpoint, options.build));
      TRY(adapted, adapt_to_format(model, *subject.facts.row->format));
      TRY(contract, contract_of(trainer, *subject.facts.row, model, options));
      subject.options = options;
      subject.model = std::move(model);
      subject.reference_contract = contract;
      subject.artifact_contract = std::move(contract);
      if (subject.facts.metadata.is_object()) {
        TRY(own, read_contract(subject.facts.metadata));
        subject.artifact_contract = std::move(own);
      }
      TRY(own_input, picture_input(subject));
      subject.input = own_input;
      subject.options.precision = declared_precision(subject);
      if (subject.facts.candidates.size() == 1) return {};
      const InputContract& input = subject.reference_contract.input;
      FittedImage gray{Image(input.width, input.height, input.channels, input.pad_value), {}};
      const std::vector<FittedImage> batch(static_cast<size_t>(subject.model.sizes.batch), gray);
      TRY(measured, measure(subject, input_tensor(batch, input)));
      return {};
    };
    const Status status = attempt();
    if (status) return subject;
    if (!first_error) first_error = status.error();
  }
  return *std::move(first_error);
}

Json figure_json(const Comparison& figure) {
  Json json = {{"value", figure.value},
               {"group", figure.group},
               {"role", role_name(figure.role)},
               {"max_difference", figure.max_difference},
               {"allowed", figure.limit},
               {"cosine", figure.cosine},
               {"agrees", figure.verdict == Comparison::Verdict::kAgrees}};
  if (!unit_of(figure).empty()) json["unit"] = unit_of(figure);
  return json;
}

Json agreement_json(const Agreement& agreement, PredictionKind kind) {
  Json json = {{"checkpoint", agreement.first}, {"artifact", agreement.second}, {"matched", agreement.matched}};
  if (kind != PredictionKind::kClassMap) json["max_score_difference"] = agreement.score_difference;
  if (kind == PredictionKind::kClassMap || kind == PredictionKind::kClasses) return json;
  json["max_box_difference_px"] = agreement.box_difference;
  if (kind == PredictionKind::kPoses) json["max_keypoint_difference_px"] = agreement.keypoint_difference;
  if (kind == PredictionKind::kOrientedBoxes) json["max_angle_difference"] = agreement.angle_difference;
  if (kind == PredictionKind::kMasks) json["max_mask_pixels"] = agreement.mask_pixels;
  return json;
}

/// The picture twice, side by side: what the checkpoint sees on the left, the artifact on the right.
Image side_by_side(const Image& left, const Image& right) {
  Image both(left.width * 2, left.height, 3);
  for (int64_t y = 0; y < left.height; ++y) {
    std::memcpy(both.at(0, y), left.at(0, y), static_cast<size_t>(left.width * 3));
    std::memcpy(both.at(left.width, y), right.at(0, y), static_cast<size_t>(left.width * 3));
  }
  return both;
}

Result<std::string> draw_both(const Subject& subject, const std::string& image, const Prediction& reference,
                              const Prediction& artifact, const Placement& placement, const std::string& directory) {
  std::error_code failed;
  fs::create_directories(directory, failed);
  if (failed) return fail(ErrorCode::kUnwritable, "{} cannot be made: {}", directory, failed.message());
  TRY(left, read_image(image, Colors::kRgb));
  Image right = left;
  draw(left, reference, subject.reference_contract, placement, {std::nullopt, "checkpoint: "});
  draw(right, artifact, subject.artifact_contract, placement,
       {std::nullopt, std::string(subject.facts.row->name) + ": "});
  const std::string path = (fs::path(directory) / (fs::path(image).stem().string() + ".jpg")).string();
  CHECK_OK(write_image(path, side_by_side(left, right)));
  return path;
}

void log_figures(const std::string& what, const Measurement& measurement) {
  for (const Comparison& figure : measurement.figures) {
    const std::string unit = unit_behind_number(figure);
    log_info("{}: {} {} differ by at most {:.2g}{} (allowed {:.2g}{})", what, figure.value, figure.group,
             figure.max_difference, unit, figure.limit, unit);
  }
}

void add_entry(VerifyReport& report, Json entry, const Measurement& measurement) {
  const bool agrees = all_agree(measurement.figures);
  if (!agrees) report.verdict = VerifyReport::Verdict::kDiffers;
  entry["verdict"] = agrees ? "agrees" : "differs";
  Json& figures = entry["figures"] = Json::array();
  for (const Comparison& figure : measurement.figures) figures.push_back(figure_json(figure));
  report.json["inputs"].push_back(std::move(entry));
}

/// Picture `index` first, then those behind it, as many as the batch holds.
Status verify_picture(Subject& subject, const VerifyRequest& request, std::span<const FittedImage> fitted, size_t index,
                      VerifyReport& report) {
  const InputContract& input = subject.artifact_contract.input;
  std::vector<FittedImage> batch;
  for (int64_t i = 0; i < subject.model.sizes.batch; ++i)
    batch.push_back(fitted[(index + static_cast<size_t>(i)) % fitted.size()]);
  TRY(measurement, measure(subject, input_tensor(batch, input)));
  const Placement& placement = batch[0].placement;
  TRY(reference, interpret(measurement.reference, 0, subject.reference_contract, placement));
  TRY(artifact, interpret(measurement.artifact, 0, subject.artifact_contract, placement));
  const std::string& image = request.images[index];
  log_figures(image, measurement);
  Json entry = {{"image", image}, {"predictions", agreement_json(agreement_of(reference, artifact), reference.kind)}};
  if (!request.draw_directory.empty()) {
    TRY(path, draw_both(subject, image, reference, artifact, placement, request.draw_directory));
    entry["drawing"] = path;
  }
  add_entry(report, std::move(entry), measurement);
  return {};
}

Status verify_formula(Subject& subject, VerifyReport& report) {
  const InputSizes& sizes = subject.model.sizes;
  const EvaluatedValue image =
      photo_like_input({sizes.batch, subject.model.facts.channels, sizes.height, sizes.width}, 0);
  // The formula's values are k/255: as pixels they take the way of every other picture.
  const InputContract& input = subject.artifact_contract.input;
  const int64_t channels = image.shape[1], plane = image.shape[2] * image.shape[3];
  std::vector<FittedImage> batch;
  for (int64_t n = 0; n < sizes.batch; ++n) {
    FittedImage fitted{Image(sizes.width, sizes.height, channels), {}};
    for (int64_t i = 0; i < channels * plane; ++i) {
      const float value = image.floats[static_cast<size_t>(n * channels * plane + i)];
      fitted.image.pixels[static_cast<size_t>(i % plane * channels + i / plane)] =
          static_cast<uint8_t>(value * 255.0F + 0.5F);
    }
    batch.push_back(std::move(fitted));
  }
  TRY(measurement, measure(subject, input_tensor(batch, input)));
  log_figures("the formula's image", measurement);
  add_entry(report, Json::object(), measurement);
  return {};
}

}  // namespace

Result<VerifyReport> verify_artifact(const Trainer& trainer, const VerifyRequest& request) {
  TRY(facts, open_artifact_facts(trainer, request.artifact));
  TRY(checkpoint, open_checkpoint(request.checkpoint_path, trainer.families));
  TRY(subject, find_subject(trainer, checkpoint, std::move(facts)));
  const std::string engine =
      fmt::format("{} {}", subject.facts.engine->name(), subject.facts.engine->presence().version);
  log_info("{} in {} against {} ({}) at {}x{}x{}", subject.facts.path, engine, request.checkpoint_path,
           subject.model.facts.model_name, subject.model.sizes.batch, subject.model.sizes.height,
           subject.model.sizes.width);
  if (subject.facts.candidates.size() > 1 && subject.options.precision.rounds_weights())
    log_warning("{} is float16, by its input or most of its weights: held to float16's limits", subject.facts.path);
  VerifyReport report;
  report.json = {{"artifact", subject.facts.path},
                 {"format", subject.facts.row->name},
                 {"engine", engine},
                 {"checkpoint", request.checkpoint_path},
                 {"model_name", subject.model.facts.model_name},
                 {"precision", dtype_name(subject.options.precision.weights)},
                 {"described_by", subject.facts.candidates.size() == 1 ? "metadata.json" : "the artifact alone"},
                 {"batch", subject.model.sizes.batch},
                 {"size", {subject.model.sizes.height, subject.model.sizes.width}}};
  std::vector<FittedImage> fitted;
  for (const std::string& path : request.images) {
    TRY(image, read_image(path, colors_for(subject.artifact_contract.input)));
    fitted.push_back(fit(image, subject.artifact_contract.input));
  }
  for (size_t i = 0; i < request.images.size(); ++i) CHECK_OK(verify_picture(subject, request, fitted, i, report));
  if (request.images.empty()) CHECK_OK(verify_formula(subject, report));
  CHECK_OK(checkpoint.check_intact());
  report.json["verdict"] = report.verdict == VerifyReport::Verdict::kAgrees ? "agrees" : "differs";
  return report;
}

}  // namespace modelport
