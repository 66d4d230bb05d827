#include <algorithm>
#include <csignal>
#include <filesystem>

#include "base/printable.h"
#include "cli/check_runner.h"

namespace modelport {

namespace {

namespace fs = std::filesystem;
using When = RunPlan::Stop::When;

/// The first place where two metadata.json differ, created_at aside; empty where there is none.
std::string difference(const Json& a, const Json& b) {
  nlohmann::json first = a, second = b;
  for (nlohmann::json* document : {&first, &second}) {
    if (document->is_object()) document->erase("created_at");
  }
  const nlohmann::json patch = nlohmann::json::diff(first, second);
  if (patch.empty()) return "";
  constexpr size_t kMost = 100;
  const std::string value = patch[0].contains("value") ? patch[0]["value"].dump() : "nothing";
  return fmt::format("{} is {} the second time", printable(patch[0]["path"].get<std::string>()),
                     printable(value.substr(0, kMost)));
}

/// The same export again, at the very same place.
Status repeat(CheckRunner& runner, const std::string& seen) {
  const BaselineExport& baseline = runner.exports[0];
  RunPlan plan = runner.test_bed.plan("the same export once more", baseline.format);
  const std::string kept = baseline.output + "-first";
  std::error_code failed_to_move;
  fs::rename(baseline.output, kept, failed_to_move);
  fs::create_directories(baseline.output, failed_to_move);
  plan.output = baseline.output;
  plan.set("--output_dir", plan.output);
  const auto run = runner.test_bed.run(plan);
  if (!run) return run.error();
  Judgement judgement = judge_export(runner, plan, *run);
  if (judgement.verdict == Verdict::kPass) {
    TRY(checked, runner.judge(plan, *run));
    const std::string differs = difference(baseline.checked.metadata, checked.metadata);
    judgement = differs.empty() ? passed("but it tells where output_dir is: " + seen) : failed("{}", differs);
  }
  runner.add("EXP-104", std::move(judgement), *run);
  fs::remove_all(baseline.output, failed_to_move);
  fs::rename(kept, baseline.output, failed_to_move);
  return {};
}

Status probe_two_at_once(CheckRunner& runner) {
  TestBed& test_bed = runner.test_bed;
  const std::string& format = runner.exports[0].format;
  const RunPlan a = test_bed.plan("the first of two runs at once", format);
  RunPlan second = test_bed.plan("the second of two runs at once", format);
  if (test_bed.works_elsewhere()) second.work = a.work;
  second.environment = a.environment;
  const RunPlan b = second;
  TRY(runs, test_bed.run_together(a, b));
  std::string differs;
  const std::pair<const RunPlan*, size_t> both[] = {{&a, runs.first}, {&b, runs.second}};
  for (const auto& [plan, run] : both) {
    Judgement judgement = judge_export(runner, *plan, run);
    if (judgement.verdict == Verdict::kPass) {
      TRY(checked, runner.judge(*plan, run));
      if (differs.empty()) differs = difference(runner.exports[0].checked.metadata, checked.metadata);
      continue;
    }
    runner.add("EXP-103", std::move(judgement), run);
    return repeat(runner, differs);
  }
  runner.add("EXP-103", passed("two runs with one working and one temporary directory"), runs.first);
  if (!differs.empty()) return repeat(runner, differs);
  runner.add("EXP-104", passed("three runs"), runs.second);
  return {};
}

/// What SIGTERM did to a run.
struct StopAnswer {
  enum class Kind {
    kUntold,    ///< It came before the exporter had begun or when there was nothing left to stop.
    kEnded,     ///< It ended the run.
    kFinished,  ///< The run was as good as over, or does not heed it: another moment tells.
    kUnheeded,
  } kind = Kind::kUntold;
  std::string evidence;
};
using StopKind = StopAnswer::Kind;

StopAnswer answer_to_stop(const CheckRunner& runner, const RunPlan& plan, size_t run) {
  constexpr double kSoonSeconds = 2.0;
  // By then an interpreter has started, and its default for SIGTERM no longer stands in for the exporter's answer.
  constexpr std::chrono::milliseconds kBegun{500};
  const RunRecord& record = runner.record(run);
  if (record.at_stop == RunRecord::Progress::kOver) return {};
  if (record.signal == SIGKILL) return {StopKind::kUnheeded, "it still ran 5 s after SIGTERM, and was killed"};
  if (record.exit_code != 0) {
    const bool has_begun = record.logged == RunRecord::Seen::kYes || plan.stop.after >= kBegun;
    return {has_begun ? StopKind::kEnded : StopKind::kUntold, record.ending()};
  }
  // Where no metadata.json is ever written, it does not tell how far the run was.
  if (runner.has_failed("EXP-032", plan.argument("--export_format"))) return {};
  if (const Judgement exported = judge_export(runner, plan, run); exported.verdict == Verdict::kFail)
    return {StopKind::kUnheeded, fmt::format("SIGTERM ended it with exit code 0: {}", exported.evidence)};
  std::string went_on =
      fmt::format("it went on for {:.1f} s after SIGTERM and ended with 0", record.seconds_after_stop);
  if (record.seconds_after_stop > kSoonSeconds) return {StopKind::kUnheeded, std::move(went_on)};
  const bool was_publishing = record.at_stop == RunRecord::Progress::kPublishing;
  return {was_publishing ? StopKind::kUntold : StopKind::kFinished, std::move(went_on)};
}

/// SIGTERM at one moment after the other, until runs were ended by it or have gone on to their end often enough.
Status probe_stop(CheckRunner& runner) {
  constexpr double kShares[] = {0.6, 0.3, 0.45, 0.75};
  constexpr size_t kLeastTries = 2, kEnough = 4;
  const BaselineExport& baseline = runner.exports[0];
  const double milliseconds = runner.record(baseline.run).seconds * 1000;
  size_t finished = 0;
  Judgement judgement = skipped("every run was over before SIGTERM could be sent");
  std::optional<size_t> evidence;
  for (size_t i = 0; i < 2 * std::size(kShares); ++i) {
    if (i >= kLeastTries && judgement.verdict != Verdict::kSkipped) break;
    RunPlan plan = runner.test_bed.plan("SIGTERM on the way", baseline.format);
    const auto later = std::chrono::milliseconds(static_cast<int64_t>(milliseconds * kShares[i / 2]));
    plan.stop = i % 2 == 0 ? RunPlan::Stop{When::kFirstLine} : RunPlan::Stop{When::kAfter, later};
    TRY(run, runner.test_bed.run(plan));
    const StopAnswer answer = answer_to_stop(runner, plan, run);
    if (answer.kind == StopKind::kUntold) continue;
    evidence = run;
    if (answer.kind == StopKind::kUnheeded) judgement = failed("{}", answer.evidence);
    if (answer.kind == StopKind::kUnheeded) break;
    if (answer.kind == StopKind::kEnded) judgement = passed(answer.evidence);
    if (answer.kind == StopKind::kFinished && ++finished == kEnough && judgement.verdict == Verdict::kSkipped)
      judgement = failed("{}, like {} other runs that got it on the way", answer.evidence, kEnough - 1);
  }
  if (finished > 0 && judgement.verdict == Verdict::kSkipped)
    judgement = skipped("SIGTERM came in the last moments of {} runs, too late for others", finished);
  runner.add("EXP-101", std::move(judgement), evidence);
  return {};
}

}  // namespace

Status probe_robustness(CheckRunner& runner) {
  CHECK_OK(probe_two_at_once(runner));
  return probe_stop(runner);
}

Status conclude(CheckRunner& runner) {
  for (const auto& [id, noticed] : runner.test_bed.noticed())
    runner.add(id, failed("{}", noticed.evidence), noticed.run);
  const size_t runs = runner.test_bed.records().size();
  for (const std::string_view id : {"EXP-074", "EXP-075", "EXP-081", "EXP-082", "EXP-083", "EXP-100", "EXP-102"}) {
    if (!runner.has_failed(id)) runner.add(id, passed(fmt::format("in {} runs", runs)));
  }
  return {};
}

}  // namespace modelport
