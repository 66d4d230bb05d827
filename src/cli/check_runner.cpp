#include "cli/check_runner.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>

#include "base/log.h"
#include "models/known_families/known_families.h"
#include "modules/checkpoint_facts.h"

namespace modelport {

namespace {

using Needs = Probe::Needs;

constexpr Probe kProbes[] = {
    {"capabilities", Needs::kNothing, probe_capabilities},
    {"exports", Needs::kNothing, probe_exports},
    {"engine", Needs::kBaselineExport, probe_engine},
    {"command line", Needs::kBaselineExport, probe_arguments},
    {"exit codes", Needs::kBaselineExport, probe_exit_codes},
    {"surroundings", Needs::kBaselineExport, probe_environment},
    {"robustness", Needs::kBaselineExport, probe_robustness},
    {"adverse conditions", Needs::kBaselineExport, probe_faults},
    {"what was noticed", Needs::kNothing, conclude},
};

/// What the checkpoint says of itself, where it is one that can be read as data.
void read_checkpoint(CheckRunner& runner) {
  auto checkpoint = open_checkpoint(runner.test_bed.request().checkpoint, known_families());
  if (!checkpoint) return;
  const CheckpointFacts facts = describe_checkpoint(*checkpoint);
  runner.checkpoint_classes = facts.class_names;
  runner.checkpoint_task = facts.task;
}

}  // namespace

std::span<const Probe> check_probes() { return kProbes; }

void CheckRunner::add(std::string_view id, Judgement judgement, std::optional<size_t> run, std::string format) {
  findings.push_back({requirement(id).id, std::move(format), std::move(judgement), run});
}

bool CheckRunner::has_failed(std::string_view id) const {
  return std::ranges::any_of(findings, [&](const CheckFinding& finding) {
    return finding.id == id && finding.judgement.verdict == Verdict::kFail;
  });
}

bool CheckRunner::has_failed(std::string_view id, std::string_view format) const {
  return std::ranges::any_of(findings, [&](const CheckFinding& finding) {
    return finding.id == id && (finding.format.empty() || finding.format == format) &&
           finding.judgement.verdict == Verdict::kFail;
  });
}

Result<CheckedExport> CheckRunner::judge(const RunPlan& plan, size_t run) const {
  ExportExpectation expected;
  expected.format = plan.argument("--export_format");
  expected.times = record(run).times;
  expected.checkpoint_classes = checkpoint_classes;
  expected.checkpoint_task = checkpoint_task;
  if (const std::string config = plan.argument("--export_config"); !config.empty()) {
    TRY(given, parse_json(config, ErrorCode::kInternal));
    expected.export_config = std::move(given);
  }
  return check_export(plan.output, expected);
}

Judgement judge_ending(const RunRecord& record, std::span<const int> allowed) {
  if (record.ended == RunRecord::Ended::kTimedOut) return skipped("{}, see EXP-100", record.ending());
  if (record.ended == RunRecord::Ended::kTooLoud) return skipped("{}, see EXP-074", record.ending());
  if (record.exit_code && std::ranges::find(allowed, *record.exit_code) != allowed.end())
    return passed(record.ending());
  return failed("{} ended with {}, expected was exit code {}", record.purpose, record.ending(),
                fmt::join(allowed, " or "));
}

Judgement judge_export(const CheckRunner& runner, const RunPlan& plan, size_t run) {
  static constexpr int kSuccess[] = {0};
  Judgement ending = judge_ending(runner.record(run), kSuccess);
  if (ending.verdict != Verdict::kPass) return ending;
  const auto checked = runner.judge(plan, run);
  if (!checked) return failed("{}", checked.error().text());
  const std::vector<std::string_view> files = {"EXP-030", "EXP-031", "EXP-032", "EXP-033", "EXP-035", "EXP-036"};
  const auto is_new = [&](const Finding* finding) {
    // What fails in a plain export as well is not this run's fault.
    return finding != nullptr && !runner.has_failed(finding->id, plan.argument("--export_format"));
  };
  for (const std::string_view id : files) {
    if (const Finding* finding = first_failed(checked->findings, {id}); is_new(finding))
      return failed("{} ended with exit code 0, but {}", plan.purpose, finding->judgement.evidence);
  }
  return passed(ending.evidence);
}

bool speaks_of_a_missing_format(const RunRecord& record) {
  for (std::string line : record.last_lines) {
    std::ranges::transform(line, line.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    for (const std::string_view words : {"notimplementederror", "not implemented", "unsupported format",
                                         "not supported", "invalid choice", "not available", "no module named"}) {
      if (line.find(words) != std::string::npos) return true;
    }
  }
  return false;
}

bool is_argparse(const RunRecord& record) { return record.exit_code == 2 && record.usage == RunRecord::Seen::kYes; }

Result<CheckRunner> run_checks(const CheckRequest& request) {
  TRY(test_bed, TestBed::make(request));
  CheckRunner runner{std::move(test_bed), nullptr, {}, {}, {}, "", {}};
  read_checkpoint(runner);
  for (const Probe& probe : check_probes()) {
    if (probe.needs == Needs::kBaselineExport && runner.exports.empty()) continue;
    log_info("Probing {}", probe.name);
    CHECK_OK(probe.run(runner).in(std::string(probe.name)));
  }
  for (const Requirement& row : requirements()) {
    if (std::ranges::find(runner.findings, row.id, &CheckFinding::id) != runner.findings.end()) continue;
    if (row.group == Group::kHostile && request.fault_tests == CheckRequest::FaultTests::kNone) {
      runner.add(row.id, skipped("only with --hostile"));
    } else {
      runner.add(row.id, runner.exports.empty() ? skipped("no export succeeded") : skipped("does not apply"));
    }
  }
  std::ranges::stable_sort(runner.findings, {}, &CheckFinding::id);
  return runner;
}

}  // namespace modelport
