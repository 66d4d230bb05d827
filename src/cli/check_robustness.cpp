#include <algorithm>
#include <csignal>
#include <filesystem>

#include "base/printable.h"
#include "cli/check_examination.h"

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
Status repeat(Examination& examination, const std::string& seen) {
  const GoodExport& good = examination.exports[0];
  RunPlan plan = examination.bench.plan("the same export once more", good.format);
  const std::string kept = good.output + "-first";
  std::error_code failed_to_move;
  fs::rename(good.output, kept, failed_to_move);
  fs::create_directories(good.output, failed_to_move);
  plan.output = good.output;
  plan.set("--output_dir", plan.output);
  const auto run = examination.bench.run(plan);
  if (!run) return run.error();
  Judgement judgement = judge_export(examination, plan, *run);
  if (judgement.verdict == Verdict::kPass) {
    TRY(checked, examination.judge(plan, *run));
    const std::string differs = difference(good.checked.metadata, checked.metadata);
    judgement = differs.empty() ? passed("but it tells where output_dir is: " + seen) : failed("{}", differs);
  }
  examination.add("EXP-104", std::move(judgement), *run);
  fs::remove_all(good.output, failed_to_move);
  fs::rename(kept, good.output, failed_to_move);
  return {};
}

Status probe_two_at_once(Examination& examination) {
  Bench& bench = examination.bench;
  const std::string& format = examination.exports[0].format;
  const RunPlan a = bench.plan("the first of two runs at once", format);
  RunPlan second = bench.plan("the second of two runs at once", format);
  if (bench.works_elsewhere()) second.work = a.work;
  second.environment = a.environment;
  const RunPlan b = second;
  TRY(runs, bench.run_together(a, b));
  std::string differs;
  const std::pair<const RunPlan*, size_t> both[] = {{&a, runs.first}, {&b, runs.second}};
  for (const auto& [plan, run] : both) {
    Judgement judgement = judge_export(examination, *plan, run);
    if (judgement.verdict == Verdict::kPass) {
      TRY(checked, examination.judge(*plan, run));
      if (differs.empty()) differs = difference(examination.exports[0].checked.metadata, checked.metadata);
      continue;
    }
    examination.add("EXP-103", std::move(judgement), run);
    return repeat(examination, differs);
  }
  examination.add("EXP-103", passed("two runs with one working and one temporary directory"), runs.first);
  if (!differs.empty()) return repeat(examination, differs);
  examination.add("EXP-104", passed("three runs"), runs.second);
  return {};
}

/// What SIGTERM did to a run; skipped where it came too late.
Judgement judge_stop(const Examination& examination, const RunRecord& record) {
  // Where no metadata.json is ever written, it does not tell how far the run was.
  if (record.exit_code == 0 && examination.has_failed("EXP-032")) return skipped("EXP-032 failed");
  if (record.ended != RunRecord::Ended::kStopped || record.stopped_under_way == RunRecord::Seen::kNo)
    return skipped("the run was over before SIGTERM could be sent");
  if (record.signal == SIGKILL) return failed("it still ran 5 s after SIGTERM, and was killed");
  if (record.exit_code == 0)
    return failed("SIGTERM was sent before metadata.json was written; it went on and ended with 0");
  return passed(record.ending());
}

Status probe_stop(Examination& examination) {
  const GoodExport& good = examination.exports[0];
  constexpr double kShare = 0.6;
  const auto later =
      std::chrono::milliseconds(static_cast<int64_t>(examination.record(good.run).seconds * 1000 * kShare));
  Judgement judgement = skipped("the run was over before SIGTERM could be sent");
  std::optional<size_t> evidence;
  for (const RunPlan::Stop& stop : {RunPlan::Stop{When::kFirstLine}, RunPlan::Stop{When::kAfter, later}}) {
    RunPlan plan = examination.bench.plan("SIGTERM on the way", good.format);
    plan.stop = stop;
    TRY(run, examination.bench.run(plan));
    Judgement one = judge_stop(examination, examination.record(run));
    if (one.verdict == Verdict::kSkipped || judgement.verdict == Verdict::kFail) continue;
    judgement = std::move(one);
    evidence = run;
  }
  examination.add("EXP-101", std::move(judgement), evidence);
  return {};
}

}  // namespace

Status probe_robustness(Examination& examination) {
  CHECK_OK(probe_two_at_once(examination));
  return probe_stop(examination);
}

Status conclude(Examination& examination) {
  for (const auto& [id, noticed] : examination.bench.noticed())
    examination.add(id, failed("{}", noticed.evidence), noticed.run);
  const size_t runs = examination.bench.records().size();
  for (const std::string_view id : {"EXP-074", "EXP-075", "EXP-081", "EXP-082", "EXP-083", "EXP-100", "EXP-102"}) {
    if (!examination.has_failed(id)) examination.add(id, passed(fmt::format("in {} runs", runs)));
  }
  return {};
}

}  // namespace modelport
