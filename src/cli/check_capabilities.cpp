#include <fmt/ranges.h>

#include <algorithm>

#include "cli/check_runner.h"
#include "convention/proof_levels.h"
#include "convention/schema.h"

namespace modelport {

namespace {

/// Whoever ignores arguments that he does not know may end with 0 and print anything.
bool is_meant_as_answer(const std::string& text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string::npos && (text[first] == '{' || text.find("convention_version") != std::string::npos);
}

/// ", it is rumour (not known, counts as none)" where a word of proof is there; else empty.
std::string unknown_word_at(const Json& printed, const std::string& pointer) {
  if (!pointer.ends_with("/proof")) return "";
  const Json& word = printed.at(Json::json_pointer(pointer));
  return word.is_string() ? fmt::format(", it is {}", shown_proof(word.get<std::string>())) : "";
}

}  // namespace

Status probe_capabilities(CheckRunner& runner) {
  RunPlan plan = runner.test_bed.plan("--capabilities", "");
  plan.arguments = {{"--capabilities", ""}};
  TRY(run, runner.test_bed.run(plan));
  const RunRecord& record = runner.record(run);
  const auto printed = parse_json(record.standard_output, ErrorCode::kDamaged);
  if (!record.succeeded() || !is_meant_as_answer(record.standard_output)) {
    for (const std::string_view id : {"EXP-120", "EXP-121"})
      runner.add(id, skipped("--capabilities is not known to it ({}); it is optional", record.ending()), run);
    return {};
  }
  if (!printed) {
    runner.add("EXP-120", failed("it printed something else than JSON: {}", printed.error().text()), run);
    runner.add("EXP-121", skipped("EXP-120 failed"), run);
    return {};
  }
  std::vector<std::string> problems;
  for (const SchemaViolation& violation : check_against_schema(kCapabilitiesSchemaText, *printed)) {
    problems.push_back(
        fmt::format("{}: {}{}", violation.path, violation.message, unknown_word_at(*printed, violation.path)));
  }
  runner.add("EXP-120", problems.empty() ? passed() : failed("{}", fmt::join(problems, "; ")), run);
  Json understood = with_known_levels(*printed);
  if (check_against_schema(kCapabilitiesSchemaText, understood).empty()) {
    runner.capabilities = std::move(understood);
  } else {
    runner.add("EXP-121", skipped("EXP-120 failed"), run);
  }
  return {};
}

}  // namespace modelport
