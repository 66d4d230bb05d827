#include "family_record.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "checkpoint/checkpoint.h"
#include "models/ultralytics/names/family.h"
#include "models/ultralytics/trainer.h"
#include "modules/find_model.h"
#include "reference/compare.h"
#include "reference/photo_like_input.h"

namespace modelport {

namespace {

/// Rows whose scores are closer than this may stand in either order.
constexpr double kTie = 2e-5;

/// The group that element `at` of `value` belongs to.
const ChannelGroup* group_of(const IoSpec& spec, const EvaluatedValue& value, int64_t at) {
  for (const ChannelGroup& group : spec.groups) {
    int64_t inner = 1;
    for (size_t axis = static_cast<size_t>(group.axis) + 1; axis < value.shape.size(); ++axis)
      inner *= value.shape[axis];
    const int64_t channel = at / inner % value.shape[static_cast<size_t>(group.axis)];
    if (channel >= group.begin && channel < group.end && (channel - group.begin) % group.step == 0) return &group;
  }
  return nullptr;
}

/// Whether the row of element `at` of ranked rows [1, D, C] could have changed places, or have fallen out.
bool may_move(const IoSpec& spec, const EvaluatedValue& value, int64_t at) {
  const auto scores = std::ranges::find(spec.groups, "scores", &ChannelGroup::name);
  const int64_t width = value.shape[2], rows = value.shape[1], row = at / width % rows;
  const auto score = [&](int64_t r) { return value.floats[static_cast<size_t>(r * width + scores->begin)]; };
  if (at % width == scores->begin) return false;
  return row + 1 == rows || std::abs(score(row) - score(row + 1)) < kTie ||
         (row > 0 && std::abs(score(row) - score(row - 1)) < kTie);
}

double limit_of(Role role, Unit unit, double magnitude) {
  if (role == Role::kBoxesPx && unit == Unit::kPixels) return 0.02;
  if (role == Role::kScores) return 1e-4;
  return 2e-5 * std::max(1.0, magnitude);
}

std::string disagreement_of(const IoSpec& spec, const EvaluatedValue& value, const std::vector<double>& errors,
                            const RecordedTensor& recorded) {
  if (value.shape != recorded.shape)
    return "shape " + shape_text(value.shape) + " instead of " + shape_text(recorded.shape);
  double magnitude = 0;
  for (const double sample : recorded.samples) magnitude = std::max(magnitude, std::abs(sample));
  size_t compared = 0;
  for (size_t k = 0; k < recorded.samples.size(); ++k) {
    const int64_t at = recorded.position(k);
    if (spec.rows == Rows::kRanked && may_move(spec, value, at)) continue;
    const ChannelGroup* group = group_of(spec, value, at);
    if (!group && !spec.groups.empty()) return fmt::format("element {} belongs to no group", at);
    ++compared;
    const double uncertain = 4 * errors[group ? static_cast<size_t>(group - spec.groups.data()) : 0];
    const double limit =
        std::max(limit_of(group ? group->role : spec.role, group ? group->unit : Unit::kPixels, magnitude), uncertain);
    const double apart = std::abs(static_cast<double>(value.floats[static_cast<size_t>(at)]) - recorded.samples[k]);
    if (!(apart <= limit))
      return fmt::format("{} at {} differs by {:.3g}, allowed is {:.3g}", group ? group->name : spec.name, at, apart,
                         limit);
  }
  if (2 * compared <= recorded.samples.size()) return "rows of nearly equal scores hide most of the output";
  return "";
}

}  // namespace

std::vector<std::string> families(FamilySources sources) {
  std::vector<std::filesystem::path> folders = {std::filesystem::path(MODELPORT_SOURCE_DIR) /
                                                "tests/fixtures/families"};
  const char* data = std::getenv("MODELPORT_TEST_DATA");
  if (sources == FamilySources::kAllAtHand && data && *data)
    folders.push_back(std::filesystem::path(data) / "fixtures/ultralytics");
  std::set<std::string> found;
  for (const std::filesystem::path& folder : folders) {
    if (!std::filesystem::is_directory(folder)) continue;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.path().extension() == ".pt") found.insert((folder / entry.path().stem()).string());
    }
  }
  return {found.begin(), found.end()};
}

Result<FamilyRecord> read_family_record(const std::string& path) {
  TRY(file, open_checkpoint(path + ".ref.safetensors"));
  FamilyRecord record;
  TRY(input, parse_json(file.metadata.at("input"), ErrorCode::kDamaged));
  TRY(modes, parse_json(file.metadata.at("modes"), ErrorCode::kDamaged));
  TRY(layers, parse_json(file.metadata.at("layers"), ErrorCode::kDamaged));
  record.input_shape = input["shape"].get<Shape>();
  record.seed = input["seed"];
  record.modes = modes;
  record.layers = layers;
  for (const NamedTensor& tensor : list_tensors(file.root)) record.samples[tensor.name] = tensor.tensor.to_doubles();
  return record;
}

Result<SourceModel> build_family(const std::string& path, const FamilyRecord& record, const std::string& mode) {
  const Shape& input = record.input_shape;
  const HeadChoice head = mode == "e2e" ? HeadChoice::kEndToEnd : HeadChoice::kDefault;
  TRY(checkpoint, open_checkpoint(path + ".pt", ultralytics::families()));
  TRY(translated, translate(ultralytics_trainer(), checkpoint,
                            {.image_size = std::array{input[2], input[3]}, .batch = input[0], .head = head}));
  return std::move(translated.model);
}

Result<FamilyErrors> family_errors(const SourceModel& model, const FamilyRecord& record) {
  EvaluationRequest request{model.graph, {photo_like_input(record.input_shape, record.seed)}, {}};
  TRY(rounded, evaluate(request));
  request.precision = EvaluationPrecision::kFloat64;
  TRY(exact, evaluate(request));
  FamilyErrors errors;
  for (size_t i = 0; i < model.outputs.size(); ++i) {
    TRY(of_output,
        own_error(std::array{rounded.outputs[i]}, std::array{exact.outputs[i]}, std::array{model.outputs[i]}));
    errors.push_back(std::move(of_output));
  }
  return errors;
}

std::string family_disagreement(const SourceModel& model, const FamilyRecord& record, const std::string& mode,
                                const FamilyErrors& errors, const EvaluationResult& result) {
  const Json& described = record.modes[mode]["outputs"];
  if (described.size() != model.outputs.size())
    return fmt::format("{} outputs instead of {}", model.outputs.size(), described.size());
  for (size_t i = 0; i < model.outputs.size(); ++i) {
    const IoSpec& spec = model.outputs[i];
    if (!described.contains(spec.name)) return spec.name + " was not recorded";
    const RecordedTensor recorded{described[spec.name]["shape"].get<Shape>(),
                                  record.samples.at(mode + "." + spec.name)};
    const std::string found = disagreement_of(spec, result.outputs[i], errors[i], recorded);
    if (!found.empty()) return spec.name + ": " + found;
  }
  return "";
}

}  // namespace modelport
