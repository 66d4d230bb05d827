#include "service/backend/artifact_prediction.h"

#include <algorithm>
#include <array>

#include "base/printable.h"

namespace modelport {

namespace {

constexpr std::array<std::string_view, 3> kPredictedFormats = {"onnx", "openvino", "torchscript"};

std::string without(std::string text, const std::string& part) {
  for (size_t at = 0; !part.empty() && (at = text.find(part)) != std::string::npos;) text.erase(at, part.size());
  return text;
}

Error error_of_exit(const ConfinedOutcome& outcome, std::string sentence) {
  using Ended = ConfinedOutcome::Ended;
  if (outcome.ended == Ended::kTimedOut)
    return fail(ErrorCode::kUnreadable, "the artifact took more than a minute for this picture and was ended");
  if (outcome.ended == Ended::kOutOfMemory)
    return fail(ErrorCode::kUnreadable, "the artifact took more than 4 GiB of memory for this picture and was ended");
  if (sentence.empty()) sentence = "its engine ended without a word";
  switch (outcome.exit_code.value_or(0)) {
    case 1:
      return fail(ErrorCode::kUnreadable, "{}", sentence);
    case 3:
      return fail(ErrorCode::kConflict, "{}", sentence);
    default:
      return fail(ErrorCode::kValidationFailed, "{}", sentence);
  }
}

}  // namespace

bool is_predicted_here(std::string_view export_format) {
  return std::ranges::find(kPredictedFormats, export_format) != kPredictedFormats.end();
}

Result<std::unique_ptr<PredictionPicture>> ArtifactPrediction::begin(const Job& job) {
  if (job.status != JobStatus::kCompleted)
    return fail(ErrorCode::kConflict, "job {} is {}; only a completed one predicts", job.id, info(job.status).name);
  if (!job.artifact) return fail(ErrorCode::kNotFound, "the artifact of job {} was removed", job.id);
  if (program_.path.empty() || !is_predicted_here(job.request.export_format)) {
    Error error = fail(ErrorCode::kConflict, "no engine here runs {}", job.request.export_format);
    error.hint = "onnx, openvino and torchscript are run here; run this one where it is meant to be used";
    return error;
  }
  TRY(place, WorkPlace::make(program_.work_directory, "predict"));
  const std::string path = place.path() + "/picture";
  TRY(file, OutputFile::create(path));
  return std::unique_ptr<PredictionPicture>(new PredictionPicture(std::move(place), std::move(file)));
}

Result<Json> ArtifactPrediction::predict(const Job& job, PredictionPicture& picture) {
  CHECK_OK(picture.file_.finish());
  TRY(turn, places_.take("pictures are being looked at"));
  const std::string& place = picture.place_.path();
  TRY(artifact, artifact_file(job, picture.place_));
  TRY(end, run_own_command(program_, picture.place_,
                           {{"predict", artifact, "--image", picture.file_.path(), "--json"}, {artifact}}));
  if (end.outcome.exit_code != 0 || end.outcome.ended != ConfinedOutcome::Ended::kByItself) {
    // Where things lie is this machine's affair.
    std::string sentence = without(without(end.sentence, place + "/scratch/"), place + "/");
    if (const auto directory = artifact.rfind('/'); directory != std::string::npos)
      sentence = without(std::move(sentence), artifact.substr(0, directory + 1));
    return error_of_exit(end.outcome, printable(sentence));
  }
  TRY(list, parse_json(end.text, ErrorCode::kInternal));
  if (!list.is_array() || list.size() != 1 || !list[0].is_object())
    return fail(ErrorCode::kInternal, "predict --json gave no entry for the picture");
  Json document = std::move(list[0]);
  document.erase("image");
  return document;
}

/// The artifact's zip as a file of this machine; of a store elsewhere, a copy.
Result<std::string> ArtifactPrediction::artifact_file(const Job& job, const WorkPlace& place) {
  const StoredArtifact& stored = *job.artifact;
  if (auto local = artifacts_.local_path(stored.key)) {
    CHECK_OK(artifacts_.stat(stored.key));
    return *std::move(local);
  }
  std::string path = place.path() + "/export.zip";
  CHECK_OK(copies_.put_at(path, stored));
  return path;
}

}  // namespace modelport
