#include "cli/check_output.h"

#include <algorithm>
#include <cstdio>

#include "base/printable.h"
#include "cli/arguments.h"
#include "cli/check_runner.h"
#include "convention/schema.h"
#include "models/known_families/known_families.h"
#include "modules/checkpoint_facts.h"

namespace modelport {

namespace {

constexpr std::string_view kOutput = "--output";
constexpr Option kOutputOptions[] = {{kOutput, Option::Takes::kOne},
                                     {"--format", Option::Takes::kOne},
                                     {"--checkpoint", Option::Takes::kOne},
                                     {"--json", Option::Takes::kNothing}};

/// The export that lies there, with the checkpoint's names and task where it is given and can be read as data.
Result<BaselineExport> read_export(const GivenArguments& given) {
  BaselineExport found{given.value("--format"), 0, given.value(kOutput), {}};
  ExportExpectation expected;
  expected.format = found.format;
  if (given.has("--checkpoint")) {
    if (const auto checkpoint = open_checkpoint(given.value("--checkpoint"), known_families())) {
      const CheckpointFacts facts = describe_checkpoint(*checkpoint);
      expected.checkpoint_classes = facts.class_names;
      expected.checkpoint_task = facts.task;
    }
  }
  TRY(checked, check_export(found.output, expected));
  found.checked = std::move(checked);
  return found;
}

Json finding_json(const Finding& finding) {
  const Requirement& row = requirement(finding.id);
  return {{"id", row.id},
          {"level", level_name(row.level)},
          {"title", row.title},
          {"verdict", verdict_name(finding.judgement.verdict)},
          {"evidence", printable(finding.judgement.evidence)},
          {"at", finding.judgement.at.empty() ? Json() : Json(printable(finding.judgement.at))}};
}

/// Both findings as one: whether the artifact ran, in what, and what was seen.
Json engine_json(const std::vector<Finding>& findings) {
  const Judgement &loads = findings[0].judgement, &runs = findings[1].judgement;
  const bool has_loaded = loads.verdict == Verdict::kPass;
  return {{"verdict", verdict_name(has_loaded ? runs.verdict : loads.verdict)},
          {"name", has_loaded ? Json(printable(loads.evidence)) : Json()},
          {"evidence", printable(has_loaded ? runs.evidence : loads.evidence)}};
}

bool is_failure(const Finding& finding) {
  return finding.judgement.verdict == Verdict::kFail && requirement(finding.id).level == Level::kMust;
}

std::string findings_text(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    if (finding.judgement.verdict != Verdict::kFail) continue;
    const Requirement& row = requirement(finding.id);
    text += fmt::format("{} {} {}: {}\n  seen   {}\n", is_failure(finding) ? "FAIL" : "WARN", row.id,
                        level_name(row.level), row.title, printable(finding.judgement.evidence));
    if (!finding.judgement.at.empty())
      text += fmt::format("  where  metadata.json {}\n", printable(finding.judgement.at));
    text += fmt::format("  mend   {}\n\n", row.hint);
  }
  return text;
}

}  // namespace

bool asks_for_output(std::span<const std::string> arguments) {
  for (const std::string& argument : arguments) {
    if (argument == "--") return false;
    if (argument == kOutput || argument.starts_with("--output=")) return true;
  }
  return false;
}

Result<int> check_output(std::span<const std::string> arguments) {
  TRY(given, read_arguments("check --output", arguments, kOutputOptions));
  if (!given.positional.empty())
    return fail(ErrorCode::kInvalidArgument, "{} stands alone; check --output runs no exporter", given.positional[0]);
  const std::string format = given.value("--format");
  if (std::ranges::find(kConventionFormats, format) == std::end(kConventionFormats))
    return fail(ErrorCode::kInvalidArgument, "check --output needs --format and one of the convention's, not \"{}\"",
                format);
  TRY(found, read_export(given));
  std::vector<Finding> findings = found.checked.findings;
  const std::vector<Finding> engine = engine_findings(found);
  findings.insert(findings.end(), engine.begin(), engine.end());
  const bool is_conformant = std::ranges::none_of(findings, is_failure);
  std::string text;
  if (given.has("--json")) {
    Json list = Json::array();
    for (const Finding& finding : findings) list.push_back(finding_json(finding));
    text = print_json({{"format", format},
                       {"conformant", is_conformant},
                       {"engine", engine_json(engine)},
                       {"findings", std::move(list)}});
  } else {
    text = findings_text(findings) + fmt::format("{}: {} in {}, export convention {}\n",
                                                 is_conformant ? "conformant" : "NOT conformant", format,
                                                 printable(found.output), kConventionVersion);
  }
  std::fwrite(text.data(), 1, text.size(), stdout);
  return is_conformant ? 0 : 1;
}

}  // namespace modelport
