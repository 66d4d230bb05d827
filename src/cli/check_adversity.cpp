#include <algorithm>
#include <filesystem>

#include "cli/check_examination.h"

namespace modelport {

namespace {

namespace fs = std::filesystem;
using When = RunPlan::Stop::When;

/// Bytes of the artifact's largest file.
uint64_t largest_size(const GoodExport& good) {
  uint64_t size = 0;
  std::error_code ignored;
  for (const auto& entry : fs::recursive_directory_iterator(good.output, ignored)) {
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
Status probe_full_disk(Examination& examination, const GoodExport& good) {
  constexpr uint64_t kPage = 4096;
  RunPlan plan = examination.bench.plan("a file that cannot grow beyond half of the artifact", good.format);
  plan.max_file_bytes = largest_size(good) / 2;
  TRY(run, examination.bench.run(plan));
  Judgement judgement = judge_full_disk(examination.record(run), plan.output + "/metadata.json");
  if (judgement.verdict == Verdict::kPass) {
    RunPlan small = examination.bench.plan("a disk that is full half way through the artifact", good.format);
    small.disk_bytes = std::max(kPage, largest_size(good) / 2 / kPage * kPage);
    TRY(run_on_disk, examination.bench.run(small));
    std::error_code ignored;
    if (fs::exists(small.mounted_note(), ignored)) {
      run = run_on_disk;
      judgement = judge_full_disk(examination.record(run), small.metadata_note());
    }
  }
  examination.add("EXP-130", std::move(judgement), run);
  return {};
}

/// Killed at moments all along a run: where metadata.json stands, the rest must be whole.
Status probe_kills(Examination& examination, const GoodExport& good) {
  constexpr int kKills = 8;
  const double milliseconds = examination.record(good.run).seconds * 1000;
  for (int i = 1; i <= kKills; ++i) {
    RunPlan plan = examination.bench.plan("SIGKILL on the way", good.format);
    plan.stop = {When::kKillAfter,
                 std::chrono::milliseconds(static_cast<int64_t>(milliseconds * i / (kKills + 1)) + 1)};
    TRY(run, examination.bench.run(plan));
    std::error_code ignored;
    if (!fs::exists(plan.output + "/metadata.json", ignored)) continue;
    TRY(checked, examination.judge(plan, run));
    if (const Finding* finding = checked.failure();
        finding != nullptr && !examination.has_failed(finding->id, good.format)) {
      examination.add("EXP-131", failed("metadata.json is there, and {}: {}", finding->id, finding->judgement.evidence),
                      run);
      return {};
    }
  }
  examination.add("EXP-131", passed(fmt::format("{} kills", kKills)));
  return {};
}

/// Stopped and continued all the time, as on a machine whose disk stalls.
Status probe_stalls(Examination& examination, const GoodExport& good) {
  RunPlan plan = examination.bench.plan("a machine that stalls", good.format);
  plan.stalls = RunPlan::Stalls::kYes;
  TRY(run, examination.bench.run(plan));
  Judgement judgement = judge_export(examination, plan, run);
  if (judgement.verdict == Verdict::kPass) {
    TRY(checked, examination.judge(plan, run));
    const Finding* finding = checked.failure();
    if (finding != nullptr && !examination.has_failed(finding->id, good.format))
      judgement = failed("{}: {}", finding->id, finding->judgement.evidence);
  }
  examination.add("EXP-132", std::move(judgement), run);
  return {};
}

/// A helper process that dies, as by the kernel when memory is short.
Status probe_killed_child(Examination& examination, const GoodExport& good) {
  RunPlan plan = examination.bench.plan("an export whose child process is killed", good.format);
  plan.children = RunPlan::Children::kFirstIsKilled;
  TRY(run, examination.bench.run(plan));
  const RunRecord& record = examination.record(run);
  std::error_code ignored;
  const bool is_published = fs::exists(plan.output + "/metadata.json", ignored);
  Judgement judgement = judge_export(examination, plan, run);
  if (record.killed_child.empty()) judgement = skipped("it has no child process for long enough");
  if (record.exit_code == 1 && !is_published) judgement = passed(record.ending());
  if (judgement.verdict == Verdict::kFail)
    judgement = failed("its child process {} was killed: {}", record.killed_child, judgement.evidence);
  examination.add("EXP-133", std::move(judgement), run);
  return {};
}

}  // namespace

Status probe_adversity(Examination& examination) {
  if (examination.bench.request().adversity == CheckRequest::Adversity::kNone) return {};
  const GoodExport& good = examination.exports[0];
  CHECK_OK(probe_full_disk(examination, good));
  CHECK_OK(probe_kills(examination, good));
  CHECK_OK(probe_stalls(examination, good));
  return probe_killed_child(examination, good);
}

}  // namespace modelport
