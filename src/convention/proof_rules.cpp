#include <fmt/ranges.h>

#include <algorithm>

#include "base/printable.h"
#include "convention/export_rules.h"
#include "convention/proof_levels.h"
#include "convention/schema.h"

namespace modelport {

namespace {

constexpr std::string_view kProofPointer = "/extra_metadata/proof";

/// extra_metadata.proof; null where it is absent or null.
const Json* proof_of(const ExportSubject& subject) {
  const Json* extra = subject.field("extra_metadata");
  if (extra == nullptr || !extra->is_object()) return nullptr;
  const auto proof = extra->find("proof");
  return proof == extra->end() || proof->is_null() ? nullptr : &*proof;
}

/// Violations that are not merely those of a part of theirs.
std::vector<SchemaViolation> innermost(const std::vector<SchemaViolation>& violations) {
  std::vector<SchemaViolation> kept;
  for (const SchemaViolation& one : violations) {
    const auto is_within = [&](const SchemaViolation& other) { return other.path.starts_with(one.path + "/"); };
    const auto is_same = [&](const SchemaViolation& other) { return other.path == one.path; };
    if (std::ranges::none_of(violations, is_within) && std::ranges::none_of(kept, is_same)) kept.push_back(one);
  }
  return kept;
}

/// A value that the schema does not allow, as a reader takes it.
std::string value_at(const Json& proof, const std::string& pointer) {
  const Json::json_pointer place(pointer);
  if (!proof.contains(place)) return "not there";
  const Json& value = proof.at(place);
  if (pointer == "/level" && value.is_string()) return shown_proof(value.get<std::string>());
  const std::string text = printable(value.dump(-1, ' ', false, Json::error_handler_t::replace));
  return text.substr(0, 120);
}

/// The first figure that is above what is allowed of it, as a pointer; empty where there is none.
std::string figure_above_its_limit(const Json& figures, const std::string& pointer) {
  for (size_t i = 0; i < figures.size(); ++i) {
    if (figures[i]["max_difference"].get<double>() > figures[i]["allowed"].get<double>())
      return fmt::format("{}/{}", pointer, i);
  }
  return "";
}

std::string contradiction_in(const Json& proof) {
  const Json checks = proof.value("checks", Json::array());
  for (size_t i = 0; i < checks.size(); ++i) {
    if (checks[i]["verdict"] != "agrees") continue;
    std::string found =
        figure_above_its_limit(checks[i].value("figures", Json::array()), fmt::format("/checks/{}/figures", i));
    if (!found.empty()) return found;
  }
  return figure_above_its_limit(proof.value("artifact_against_checkpoint", Json::array()),
                                "/artifact_against_checkpoint");
}

Judgement proof_is_whole(const ExportSubject& subject) {
  const Json* proof = proof_of(subject);
  if (proof == nullptr) return skipped("no proof is given");
  std::vector<std::string> problems;
  std::string first;
  for (const SchemaViolation& violation : innermost(check_against_schema(kProofSchemaText, *proof))) {
    if (problems.empty()) first = std::string(kProofPointer) + violation.path;
    problems.push_back(fmt::format("{}{} is {}: {}", kProofPointer, violation.path, value_at(*proof, violation.path),
                                   violation.message));
  }
  if (!problems.empty()) return failed("{}", fmt::join(problems, "; ")).in(first);
  const ProofLevel& level = proof_level_of((*proof)["level"].get<std::string>());
  if (level.given_by != ProofLevel::Giver::kExporter)
    return failed("{} is a level that only the service gives", level.word).in(std::string(kProofPointer) + "/level");
  const std::string above = contradiction_in(*proof);
  if (above.empty()) return passed();
  const Json& figure = proof->at(Json::json_pointer(above));
  return failed("{} {} differs by {}, allowed is {}, and it is said to agree",
                printable(figure["value"].get<std::string>()), printable(figure["group"].get<std::string>()),
                figure["max_difference"].dump(), figure["allowed"].dump())
      .in(std::string(kProofPointer) + above);
}

constexpr ExportRule kProofRules[] = {{"EXP-068", {"EXP-041"}, proof_is_whole}};

}  // namespace

std::span<const ExportRule> proof_rules() { return kProofRules; }

}  // namespace modelport
