#include "cli/predict_command.h"

#include <cstdio>
#include <filesystem>

#include "base/printable.h"
#include "cli/arguments.h"
#include "cli/artifact_session.h"
#include "cli/prediction_report.h"
#include "cli/unpacked_export.h"
#include "vision/draw.h"
#include "vision/image_file.h"

namespace modelport {

namespace {

namespace fs = std::filesystem;

enum class Form { kText, kJson };

constexpr std::string_view kPredictUsage =
    "usage: modelport predict ARTIFACT --image FILE... [-o PICTURE] [--conf C] [--iou I] [--json]\n"
    "\n"
    "Runs an exported artifact (the file, its folder, or the Backend's zip) in its engine on JPEG or PNG pictures and\n"
    "prints what it sees.\n"
    "It knows the artifact by the metadata.json beside it, and by nothing else.\n"
    "\n"
    "  --image FILE...  Pictures of any size.\n"
    "  -o PICTURE       Draws into this .png or .jpg; with several pictures a folder, which gets one of each.\n"
    "  --conf, --iou    In place of metadata.json's thresholds, from 0 to 1.\n"
    "  --json           One JSON array, an entry a picture.\n"
    "\n"
    "Exit codes: 0 done, 1 a file cannot be read or written, 2 the engine refuses the artifact or its outputs are not\n"
    "what metadata.json says, 3 wrong arguments, or its engine is not on this machine.\n";

constexpr Option kPredictOptions[] = {
    {"--image", Option::Takes::kMany}, {"-o", Option::Takes::kOne},         {"--conf", Option::Takes::kOne},
    {"--iou", Option::Takes::kOne},    {"--json", Option::Takes::kNothing}, {"--help", Option::Takes::kNothing},
    {"-h", Option::Takes::kNothing},
};

Status replace_thresholds(const GivenArguments& given, OutputContract& output) {
  if (given.has("--conf")) {
    TRY(confidence, fraction_from("--conf", given.value("--conf")));
    output.confidence = confidence;
  }
  if (given.has("--iou")) {
    TRY(iou, fraction_from("--iou", given.value("--iou")));
    output.iou = iou;
  }
  return {};
}

/// Where each picture's drawing goes.
Result<std::vector<std::string>> drawing_paths(const std::string& output, std::span<const std::string> images) {
  if (images.size() == 1) return std::vector<std::string>{output};
  std::error_code failed;
  fs::create_directories(output, failed);
  if (failed) return fail(ErrorCode::kUnwritable, "{} is no folder and cannot be made: {}", output, failed.message());
  std::vector<std::string> paths;
  for (size_t i = 0; i < images.size(); ++i) {
    std::string name = fs::path(images[i]).filename().string();
    for (size_t j = 0; j < i; ++j) {
      if (fs::path(images[j]).filename() == fs::path(images[i]).filename()) name = fmt::format("{}_{}", i, name);
    }
    paths.push_back((fs::path(output) / name).string());
  }
  return paths;
}

Status draw_predictions(const ArtifactContract& contract, std::span<const std::string> images,
                        std::span<const PicturePrediction> predictions, const std::string& output) {
  TRY(paths, drawing_paths(output, images));
  for (size_t i = 0; i < images.size(); ++i) {
    TRY(picture, read_image(images[i], Colors::kRgb));
    draw(picture, predictions[i].prediction, contract, predictions[i].placement);
    CHECK_OK(write_image(paths[i], picture));
  }
  return {};
}

void print(const ArtifactContract& contract, std::span<const std::string> images,
           std::span<const PicturePrediction> predictions, Form form) {
  std::string text;
  Json list = Json::array();
  for (size_t i = 0; i < images.size(); ++i) {
    const auto& [prediction, placement] = predictions[i];
    if (form == Form::kJson) {
      Json entry = {{"image", images[i]}};
      entry.update(prediction_json(prediction, contract, placement));
      list.push_back(std::move(entry));
      continue;
    }
    text += fmt::format("{} {}x{}", printable(images[i]), placement.image_width, placement.image_height);
    const bool objects = prediction.kind != PredictionKind::kClasses && prediction.kind != PredictionKind::kClassMap;
    text += objects ? fmt::format(": {} detections\n", prediction.detections.size()) : "\n";
    text += prediction_text(prediction, contract);
  }
  if (form == Form::kJson) text = print_json(list);
  std::fwrite(text.data(), 1, text.size(), stdout);
}

}  // namespace

Result<int> run_predict(std::span<const std::string> arguments) {
  TRY(given, read_arguments("predict", arguments, kPredictOptions));
  if (given.has("--help") || given.has("-h")) {
    std::fwrite(kPredictUsage.data(), 1, kPredictUsage.size(), stdout);
    return 0;
  }
  if (given.positional.size() != 1) return fail(ErrorCode::kInvalidArgument, "predict takes one ARTIFACT");
  const std::vector<std::string> images = given.values("--image");
  if (images.empty()) return fail(ErrorCode::kInvalidArgument, "predict needs --image FILE");
  TRY(unpacked, UnpackedExport::open(given.positional[0]));
  TRY(artifact, open_artifact(unpacked.artifact()));
  CHECK_OK(replace_thresholds(given, artifact.contract.output));
  std::vector<Image> pictures;
  for (const std::string& path : images) {
    TRY(picture, read_image(path, colors_for(artifact.contract.input)));
    pictures.push_back(std::move(picture));
  }
  TRY(predictions, predict_pictures(artifact, pictures));
  if (given.has("-o")) CHECK_OK(draw_predictions(artifact.contract, images, predictions, given.value("-o")));
  print(artifact.contract, images, predictions, given.has("--json") ? Form::kJson : Form::kText);
  return 0;
}

}  // namespace modelport
