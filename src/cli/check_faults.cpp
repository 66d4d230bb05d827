#include <algorithm>
#include <filesystem>

#include "cli/check_runner.h"

namespace modelport {

namespace {

namespace fs = std::filesystem;
using When = RunPlan::Stop::When;

/// Bytes of the artifact's largest file.
uint64_t largest_size(const BaselineExport& baseline) {
  uint64_t size = 0;
  std::error_code ignored;
  for (const auto& entry : fs::recursive_directory_iterator(baseline.output, ignored)) {
    if (entry.is_regular_file(ignored) && entry.path().filename() != "metadata.json")
      size = std::max<uint64_t>(size, entry.file_size(ignored));
  }
  return size;
}

Judgement judge_full_disk(const RunRecord& record, const std::string& metadata) {
  static constexpr int kFailed[] = {1};
  std::error_code ignored;
  if (fs::exists(metadata, ignored)) return failed("metadata.json is there, {}", record.ending());
  return judge_ending(record, kFailed);
}

/// A disk that takes half of the artifact: no file may grow beyond that, and, where this user may mount one, a file
/// system of that size.
Status probe_full_disk(CheckRunner& runner, const BaselineExport& baseline) {
  constexpr uint64_t kPage = 4096;
  RunPlan plan = runner.test_bed.plan("a file that cannot grow beyond half of the artifact", baseline.format);
  plan.max_file_bytes = largest_size(baseline) / 2;
  TRY(run, runner.test_bed.run(plan));
  Judgement judgement = judge_full_disk(runner.record(run), plan.output + "/metadata.json");
  if (judgement.verdict == Verdict::kPass) {
    RunPlan small = runner.test_bed.plan("a disk that is full half way through the artifact", baseline.format);
    small.disk_bytes = std::max(kPage, largest_size(baseline) / 2 / kPage * kPage);
    TRY(run_on_disk, runner.test_bed.run(small));
    std::error_code ignored;
    if (fs::exists(small.mounted_note(), ignored)) {
      run = run_on_disk;
      judgement = judge_full_disk(runner.record(run), small.metadata_note());
    }
  }
  runner.add("EXP-130", std::move(judgement), run);
  return {};
}

/// Killed at moments all along a run: where metadata.json stands, the rest must be whole.
Status probe_kills(CheckRunner& runner, const BaselineExport& baseline) {
  constexpr int kKills = 8;
  const double milliseconds = runner.record(baseline.run).seconds * 1000;
  for (int i = 1; i <= kKills; ++i) {
    RunPlan plan = runner.test_bed.plan("SIGKILL on the way", baseline.format);
    plan.stop = {When::kKillAfter,
                 std::chrono::milliseconds(static_cast<int64_t>(milliseconds * i / (kKills + 1)) + 1)};
    TRY(run, runner.test_bed.run(plan));
    std::error_code ignored;
    if (!fs::exists(plan.output + "/metadata.json", ignored)) continue;
    TRY(checked, runner.judge(plan, run));
    if (const Finding* finding = checked.failure();
        finding != nullptr && !runner.has_failed(finding->id, baseline.format)) {
      runner.add("EXP-131", failed("metadata.json is there, and {}: {}", finding->id, finding->judgement.evidence),
                 run);
      return {};
    }
  }
  runner.add("EXP-131", passed(fmt::format("{} kills", kKills)));
  return {};
}

/// Stopped and continued all the time, as on a machine whose disk stalls.
Status probe_stalls(CheckRunner& runner, const BaselineExport& baseline) {
  RunPlan plan = runner.test_bed.plan("a machine that stalls", baseline.format);
  plan.stalls = RunPlan::Stalls::kYes;
  TRY(run, runner.test_bed.run(plan));
  Judgement judgement = judge_export(runner, plan, run);
  if (judgement.verdict == Verdict::kPass) {
    TRY(checked, runner.judge(plan, run));
    const Finding* finding = checked.failure();
    if (finding != nullptr && !runner.has_failed(finding->id, baseline.format))
      judgement = failed("{}: {}", finding->id, finding->judgement.evidence);
  }
  runner.add("EXP-132", std::move(judgement), run);
  return {};
}

/// A helper process that dies, as by the kernel when memory is short.
Status probe_killed_child(CheckRunner& runner, const BaselineExport& baseline) {
  RunPlan plan = runner.test_bed.plan("an export whose child process is killed", baseline.format);
  plan.children = RunPlan::Children::kFirstIsKilled;
  TRY(run, runner.test_bed.run(plan));
  const RunRecord& record = runner.record(run);
  std::error_code ignored;
  const bool is_published = fs::exists(plan.output + "/metadata.json", ignored);
  Judgement judgement = judge_export(runner, plan, run);
  if (record.killed_child.empty()) judgement = skipped("it has no child process for long enough");
  if (record.exit_code == 1 && !is_published) judgement = passed(record.ending());
  if (judgement.verdict == Verdict::kFail)
    judgement = failed("its child process {} was killed: {}", record.killed_child, judgement.evidence);
  runner.add("EXP-133", std::move(judgement), run);
  return {};
}

}  // namespace

Status probe_faults(CheckRunner& runner) {
  if (runner.test_bed.request().fault_tests == CheckRequest::FaultTests::kNone) return {};
  const BaselineExport& baseline = runner.exports[0];
  CHECK_OK(probe_full_disk(runner, baseline));
  CHECK_OK(probe_kills(runner, baseline));
  CHECK_OK(probe_stalls(runner, baseline));
  return probe_killed_child(runner, baseline);
}

}  // namespace modelport
