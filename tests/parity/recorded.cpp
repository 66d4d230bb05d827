#include "recorded.h"
#include "models/ultralytics/names/family.h"
#include "modules/find_model.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "base/json.h"
#include "checkpoint/checkpoint.h"
#include "models/ultralytics/trainer.h"
#include "reference/photo_like_input.h"

namespace modelport {

namespace {

const std::string kFolder = std::string(MODELPORT_SOURCE_DIR) + "/tests/fixtures/";

double limit_of(const RecordedCase& recorded, Role role, double magnitude) {
  const auto own = [&](const char* name) {
    const auto found = recorded.float32_error.find(name);
    return found == recorded.float32_error.end() ? 0.0 : 4.0 * found->second;
  };
  if (role == Role::kBoxesPx) return std::max(0.02, own("boxes"));
  if (role == Role::kScores) return std::max(1e-4, own("scores"));
  return std::max(2e-5 * std::max(1.0, magnitude), own("logits"));
}

/// The role of element `at`.
Role role_at(const IoSpec& spec, const Shape& shape, int64_t at) {
  for (const ChannelGroup& group : spec.groups) {
    int64_t inner = 1;
    for (size_t axis = static_cast<size_t>(group.axis) + 1; axis < shape.size(); ++axis) inner *= shape[axis];
    const int64_t channel = at / inner % shape[static_cast<size_t>(group.axis)];
    if (channel >= group.begin && channel < group.end) return group.role;
  }
  return spec.role;
}

/// The first sample that is further away than the limit of its group.
std::string first_beyond(const RecordedCase& recorded, const RecordedTensor& tensor, const EvaluatedValue& actual,
                         const IoSpec& spec) {
  if (actual.shape != tensor.shape)
    return "shape " + shape_text(actual.shape) + " instead of " + shape_text(tensor.shape);
  double magnitude = 0.0;
  for (size_t k = 0; k < tensor.samples.size(); ++k) {
    if (role_at(spec, tensor.shape, tensor.position(k)) != Role::kBoxesPx)
      magnitude = std::max(magnitude, std::abs(tensor.samples[k]));
  }
  for (size_t k = 0; k < tensor.samples.size(); ++k) {
    const int64_t at = tensor.position(k);
    const Role role = role_at(spec, tensor.shape, at);
    const double apart = std::abs(static_cast<double>(actual.floats[static_cast<size_t>(at)]) - tensor.samples[k]);
    if (!(apart <= limit_of(recorded, role, magnitude)))
      return fmt::format("{} at {} differs by {:.3g}", role == Role::kBoxesPx ? "box" : "value", at, apart);
  }
  return "";
}

ModuleAliases aliases_from(const Json& object) {
  ModuleAliases aliases;
  for (const auto& [source, target] : object.items()) {
    if (target.is_array()) {
      aliases.chains[source] = target;
      continue;
    }
    std::string name = target;
    while (object.contains(name)) name = object[name];
    aliases.classes[source] = name;
  }
  return aliases;
}

}  // namespace

int64_t RecordedTensor::position(size_t k) const {
  const int64_t count = *element_count(shape);
  if (static_cast<int64_t>(samples.size()) == count) return static_cast<int64_t>(k);
  return static_cast<int64_t>(((k * 2654435761u) & 0xffffffffu) * static_cast<uint64_t>(count) >> 32);
}

EvaluatedValue RecordedCase::input() const {
  EvaluatedValue batch{"images", DType::kFloat32, input_shape, {}, {}, {}};
  for (const uint32_t seed : seeds) {
    const EvaluatedValue image = photo_like_input({1, input_shape[1], input_shape[2], input_shape[3]}, seed);
    batch.floats.insert(batch.floats.end(), image.floats.begin(), image.floats.end());
  }
  return batch;
}

std::vector<std::string> recorded_fixture_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with(".pt")) continue;
    const std::string stem = name.substr(0, name.size() - 3);
    if (std::filesystem::exists(kFolder + stem + ".ref.safetensors")) names.push_back(stem);
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<RecordedFixture> read_recorded_fixture(const std::string& name) {
  RecordedFixture fixture{name, kFolder + name + ".pt", {}, {}};
  TRY(file, open_checkpoint(kFolder + name + ".ref.safetensors"));
  if (file.metadata.contains("aliases")) {
    TRY(aliases, parse_json(file.metadata.at("aliases"), ErrorCode::kDamaged));
    fixture.aliases = aliases_from(aliases);
  }
  TRY(cases, parse_json(file.metadata.at("cases"), ErrorCode::kDamaged));
  const std::vector<NamedTensor> tensors = list_tensors(file.root);
  for (const auto& [case_name, description] : cases.items()) {
    RecordedCase recorded{case_name, description["input_shape"], description["seeds"], {}, {}};
    for (const auto& [group, error] : description["float32_error"].items()) recorded.float32_error[group] = error;
    for (const auto& [output, facts] : description["outputs"].items()) {
      const auto found = std::find_if(tensors.begin(), tensors.end(),
                                      [&](const NamedTensor& t) { return t.name == case_name + "." + output; });
      if (found == tensors.end()) return fail(ErrorCode::kDamaged, "{} has no tensor {}.{}", name, case_name, output);
      recorded.tensors[output] = {facts["shape"], found->tensor.to_doubles()};
    }
    fixture.cases.push_back(std::move(recorded));
  }
  return fixture;
}

Result<SourceModel> build_fixture(const RecordedFixture& fixture, const RecordedCase& recorded) {
  TRY(checkpoint, open_checkpoint(fixture.checkpoint, ultralytics::families()));
  BuildRequest request;
  request.module_aliases = fixture.aliases;
  request.batch = recorded.input_shape[0];
  request.image_size = {recorded.input_shape[2], recorded.input_shape[3]};
  TRY(translated, translate(ultralytics_trainer(), checkpoint, request));
  return std::move(translated.model);
}

std::string disagreement(const SourceModel& model, const RecordedCase& recorded, const EvaluationResult& result) {
  for (size_t i = 0; i < model.outputs.size(); ++i) {
    const IoSpec& spec = model.outputs[i];
    const std::string found = first_beyond(recorded, recorded.tensors.at(spec.name), result.outputs[i], spec);
    if (!found.empty()) return spec.name + ": " + found;
  }
  for (size_t i = 0; i < model.probes.size(); ++i) {
    if (model.probes[i].role != Role::kLogits) continue;
    const std::string found = first_beyond(recorded, recorded.tensors.at("logits"), result.probes[i], model.probes[i]);
    if (!found.empty()) return "logits: " + found;
  }
  return "";
}

}  // namespace modelport
