#include "export/proof.h"

#include <algorithm>
#include <cmath>

namespace modelport {

namespace {

Status require_finite(const Check& check, const Comparison& figure) {
  for (const double number : {figure.max_difference, figure.limit, figure.reference_magnitude, figure.cosine}) {
    if (!std::isfinite(number)) {
      return fail(ErrorCode::kValidationFailed,
                  "{}: {} {} differ by {:.3g}, allowed is {:.3g}, magnitude {:.3g}: a proof holds finite numbers",
                  check.what, figure.value, figure.group, figure.max_difference, figure.limit,
                  figure.reference_magnitude);
    }
  }
  return {};
}

Json precision_json(const PrecisionReport& precision) {
  Json kept = Json::array();
  for (const auto& [layer, reason] : precision.kept_float32) kept.push_back({{"layer", layer}, {"reason", reason}});
  return {{"kept_float32", kept},
          {"float16_weight_share", precision.float16_weight_share},
          {"float16_multiplication_share", precision.float16_multiplication_share}};
}

}  // namespace

std::vector<AgainstCheckpoint> artifact_against_checkpoint(const Proof& proof) {
  std::vector<AgainstCheckpoint> entries;
  for (const Check& check : proof.checks) {
    if (check.holds != Check::Holds::kArtifactAgainstCheckpoint) continue;
    const std::string in = check.engine.empty() ? "reference evaluation" : check.engine;
    for (const Comparison& figure : check.figures) {
      const auto known = std::ranges::find_if(entries, [&](const AgainstCheckpoint& entry) {
        return entry.in == in && entry.figure.value == figure.value && entry.figure.group == figure.group;
      });
      if (known == entries.end()) {
        entries.push_back({figure, in});
      } else if (figure.max_difference * known->figure.limit > known->figure.max_difference * figure.limit) {
        known->figure = figure;
      }
    }
  }
  return entries;
}

Result<Json> proof_json(const Proof& proof) {
  Json checks = Json::array();
  for (const Check& check : proof.checks) {
    Json entry = {{"kind", proof_name(check.kind)}, {"what", check.what}};
    if (check.scope == Check::Scope::kBeforeChoices) entry["scope"] = "before_choices";
    if (!check.engine.empty()) entry["engine"] = check.engine;
    if (!check.input_shape.empty()) entry["input_shape"] = check.input_shape;
    Json figures = Json::array();
    for (const Comparison& figure : check.figures) {
      CHECK_OK(require_finite(check, figure));
      figures.push_back({{"value", figure.value},
                         {"group", figure.group},
                         {"role", role_name(figure.role)},
                         {"max_difference", figure.max_difference},
                         {"allowed", figure.limit},
                         {"reference_magnitude", figure.reference_magnitude},
                         {"cosine", figure.cosine}});
      if (!unit_of(figure).empty()) figures.back()["unit"] = unit_of(figure);
      if (figure.replaced_rows > 0) figures.back()["replaced_rows"] = figure.replaced_rows;
    }
    if (!figures.empty()) entry["figures"] = figures;
    entry["verdict"] = "agrees";
    checks.push_back(entry);
  }
  Json against_checkpoint = Json::array();
  for (const AgainstCheckpoint& entry : artifact_against_checkpoint(proof)) {
    against_checkpoint.push_back({{"value", entry.figure.value},
                                  {"group", entry.figure.group},
                                  {"role", role_name(entry.figure.role)},
                                  {"max_difference", entry.figure.max_difference},
                                  {"allowed", entry.figure.limit},
                                  {"in", entry.in}});
    if (!unit_of(entry.figure).empty()) against_checkpoint.back()["unit"] = unit_of(entry.figure);
  }
  if (proof.level >= Validation::kReference && against_checkpoint.empty()) {
    return fail(ErrorCode::kValidationFailed,
                "a proof of level {} holds no figure of the artifact against the checkpoint", proof_name(proof.level));
  }
  Json json = {{"level", proof_name(proof.level)}, {"float64_gate", proof.float64_gate}, {"checks", checks}};
  if (!against_checkpoint.empty()) json["artifact_against_checkpoint"] = against_checkpoint;
  if (proof.precision) json["precision"] = precision_json(*proof.precision);
  return json;
}

}  // namespace modelport
