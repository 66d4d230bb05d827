#include "service/run/output_proof.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/printable.h"
#include "convention/schema.h"

namespace modelport {

namespace {

constexpr std::array<std::string_view, 3> kVerifiedFormats = {"onnx", "openvino", "torchscript"};
constexpr size_t kLongestReason = 300;
constexpr int kAgrees = 0, kDiffers = 2;

std::string text_at(const Json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found != object.end() && found->is_string() ? printable(found->get<std::string>()) : "";
}

Json list_at(const Json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found != object.end() && found->is_array() ? *found : Json::array();
}

OutputProof found(const Json& by, std::string_view level, Json checks, const std::string& reason = "") {
  return {{{"by", by},
           {"level", level},
           {"checks", std::move(checks)},
           {"reason", reason.empty() ? Json() : Json(printable(reason.substr(0, kLongestReason)))}},
          {}};
}

/// The report of the extension `verify` as checks of a proof, an input each.
Json checks_of(const Json& report) {
  constexpr const char* kKept[] = {"value", "group", "role", "unit", "max_difference", "allowed", "cosine"};
  Json checks = Json::array();
  for (const Json& input : list_at(report, "inputs")) {
    Json figures = Json::array();
    for (const Json& given : list_at(input, "figures")) {
      Json figure = Json::object();
      for (const char* key : kKept) {
        if (given.is_object() && given.contains(key)) figure[key] = given[key];
      }
      figures.push_back(std::move(figure));
    }
    checks.push_back({{"kind", "runtime"},
                      {"what", "the artifact ran in its engine, beside the checkpoint's own network"},
                      {"engine", text_at(report, "engine")},
                      {"figures", std::move(figures)},
                      {"verdict", text_at(input, "verdict")}});
  }
  return checks;
}

bool is_within(const Json& figure) {
  const double difference = figure["max_difference"].get<double>(), allowed = figure["allowed"].get<double>();
  return std::isfinite(difference) && std::isfinite(allowed) && difference <= allowed;
}

/// The figure that uses most of what it may, as a sentence.
std::string worst_figure(const Json& checks) {
  std::string worst = "a figure is over its limit";
  double most = 0;
  for (const Json& check : checks) {
    for (const Json& figure : check["figures"]) {
      const double allowed = figure["allowed"].get<double>(), difference = figure["max_difference"].get<double>();
      const double used = allowed > 0 ? difference / allowed : difference;
      if (used <= most) continue;
      most = used;
      worst = fmt::format("{} {} differ by {:.2g}, allowed is {:.2g}", text_at(figure, "value"),
                          text_at(figure, "group"), difference, allowed);
    }
  }
  return worst;
}

/// What the verifier says; nothing where it did not come to compare numbers, with the reason.
std::optional<OutputProof> compared(const OutputJudges& judges, const OutputToProve& output, OwnCommand command,
                                    std::string& reason) {
  if (judges.verifier.path.empty()) {
    reason = "no verifier is configured for this framework";
    return {};
  }
  command.arguments = {"--checkpoint_path", output.checkpoint, "--verify", output.directory};
  command.readable = {output.checkpoint, output.directory};
  const auto place = WorkPlace::make(judges.verifier.work_directory, "verify");
  const auto end = place ? run_own_command(judges.verifier, *place, command) : Result<OwnCommandEnd>(place.error());
  if (!end) {
    reason = fmt::format("the verifier cannot be run: {}", end.error().text());
    return {};
  }
  const int code = end->outcome.exit_code.value_or(1);
  if (end->outcome.ended != ConfinedOutcome::Ended::kByItself || (code != kAgrees && code != kDiffers)) {
    reason = fmt::format("{} did not compare it: {}", judges.name,
                         end->sentence.empty() ? "it ended without a word" : end->sentence);
    return {};
  }
  const auto report = parse_json(end->text, ErrorCode::kDamaged);
  const Json checks = report ? checks_of(*report) : Json::array();
  // Its checks alone: what a level claims beside them is the exporters' affair.
  const Json proof = {{"level", "structure"}, {"checks", checks}};
  const bool has_figures = std::ranges::all_of(checks, [](const Json& check) { return !check["figures"].empty(); });
  if (!has_figures || !check_against_schema(kProofSchemaText, proof).empty()) {
    reason = fmt::format("what {} reports is not understood", judges.name);
    return {};
  }
  const bool agrees = std::ranges::all_of(checks, [](const Json& check) {
    return check["verdict"] == "agrees" && std::ranges::all_of(check["figures"], is_within);
  });
  if (code == kAgrees && agrees) return found(judges.name, "runtime", checks);
  OutputProof differs = found(judges.name, "none", checks, "it differs from the checkpoint");
  differs.contradiction =
      fmt::format("{} ran the artifact against the checkpoint: {}", judges.name, worst_figure(checks));
  return differs;
}

/// What `modelport check --output` says of the artifact in its engine.
OutputProof loaded(const OutputJudges& judges, const OutputToProve& output, OwnCommand command,
                   const std::string& reason) {
  if (judges.modelport.path.empty()) return unproven(reason);
  command.arguments = {"check", "--output", output.directory, "--format", output.export_format, "--json"};
  command.readable = {output.directory};
  const auto place = WorkPlace::make(judges.modelport.work_directory, "loads");
  const auto end = place ? run_own_command(judges.modelport, *place, command) : Result<OwnCommandEnd>(place.error());
  const auto report = end ? parse_json(end->text, ErrorCode::kDamaged) : Result<Json>(end.error());
  if (!report) return unproven(fmt::format("{}; nor was it run in its engine", reason));
  const Json engine = report->is_object() ? report->value("engine", Json()) : Json();
  const std::string name = text_at(engine, "name"), said = text_at(engine, "evidence");
  if (text_at(engine, "verdict") != "pass")
    return unproven(fmt::format("{}; in its engine: {}", reason, said.empty() ? "nothing was said" : said));
  const Json check = {{"kind", "loads"},
                      {"what", "the artifact ran in its engine and gives the shapes that it declares"},
                      {"engine", name.empty() ? "its engine" : name},
                      {"verdict", "agrees"}};
  return found(fmt::format("modelport {}", MODELPORT_VERSION), "loads", Json::array({check}), reason);
}

}  // namespace

bool is_verified_here(std::string_view export_format) {
  return std::ranges::find(kVerifiedFormats, export_format) != kVerifiedFormats.end();
}

OutputProof prove_output(const OutputJudges& judges, const OutputToProve& output, const OwnCommand& limits) {
  if (!is_verified_here(output.export_format))
    return unproven(fmt::format("no engine of this service runs {}", output.export_format));
  std::string reason;
  if (auto proof = compared(judges, output, limits, reason)) return *std::move(proof);
  return loaded(judges, output, limits, reason);
}

OutputProof unproven(std::string reason) { return found(nullptr, "none", Json::array(), reason); }

}  // namespace modelport
