#include <algorithm>
#include <filesystem>

#include "cli/check_runner.h"

namespace modelport {

namespace {

namespace fs = std::filesystem;
using Snapshot = std::map<std::string, std::string>;

/// What all these runs share.
struct Setting {
  TestBed& test_bed;
  const std::optional<TestBed::IsolatedCopy>& lone;  ///< Nothing where its folder cannot be copied.
};

/// One thing about a run's environment that an exporter must not mind.
struct EnvironmentCase {
  std::string_view id, purpose;
  void (*apply)(const Setting& setting, RunPlan& plan);
};

void give_odd_paths(const Setting& setting, RunPlan& plan) {
  plan.output = plan.folder + "/place/Aus gabe 出力";
  std::error_code ignored;
  fs::remove(plan.folder + "/place/out", ignored);
  fs::create_directories(plan.output, ignored);
  plan.set("--output_dir", plan.output);
  plan.set("--checkpoint_path", setting.test_bed.oddly_named_checkpoint().string());
}

void give_relative_paths(const Setting& setting, RunPlan& plan) {
  if (setting.test_bed.works_elsewhere()) plan.work = setting.test_bed.root().string();
  for (const char* name : {"--output_dir", "--checkpoint_path"})
    plan.set(name, fs::path(plan.argument(name)).lexically_relative(plan.work).string());
}

void leave_output_unmade(const Setting&, RunPlan& plan) {
  std::error_code ignored;
  fs::remove(plan.output, ignored);
}

void turn_arguments_round(const Setting&, RunPlan& plan) { std::ranges::reverse(plan.arguments); }

void close_input(const Setting&, RunPlan& plan) { plan.input = RunPlan::Input::kClosed; }

void use_c_locale(const Setting&, RunPlan& plan) {
  plan.environment["LC_ALL"] = "C";
  plan.environment["LANG"] = "C";
}

void use_lone_copy(const Setting& setting, RunPlan& plan) {
  if (!setting.lone) return;
  plan.command = setting.lone->command;
  for (const auto& [name, value] : setting.lone->environment) plan.environment[name] = value;
}

/// In an order in which all can be applied to one run: paths become relative when they are what they will be.
constexpr EnvironmentCase kEnvironmentCases[] = {
    {"EXP-085", "paths with spaces and letters beyond ASCII", give_odd_paths},
    {"EXP-086", "relative paths", give_relative_paths},
    {"EXP-005", "an output directory that does not exist", leave_output_unmade},
    {"EXP-006", "arguments in another order", turn_arguments_round},
    {"EXP-089", "a closed standard input", close_input},
    {"EXP-090", "the C locale", use_c_locale},
    {"EXP-080", "a copy of its own folder alone", use_lone_copy},
};

/// Takes away what would let anybody but root write there.
void make_read_only(const fs::path& folder) {
  constexpr auto kWrite = fs::perms::owner_write | fs::perms::group_write | fs::perms::others_write;
  std::error_code ignored;
  for (auto at = fs::recursive_directory_iterator(folder, ignored); at != fs::recursive_directory_iterator();
       at.increment(ignored))
    fs::permissions(at->path(), kWrite, fs::perm_options::remove, ignored);
  fs::permissions(folder, kWrite, fs::perm_options::remove, ignored);
}

bool is_judged(const Setting& setting, const EnvironmentCase& row) { return row.id != "EXP-080" || setting.lone; }

/// A run in an unusual environment, in which whatever goes wrong is its fault.
RunPlan unusual_plan(CheckRunner& runner, std::string_view purpose) {
  RunPlan plan = runner.test_bed.plan(std::string(purpose), runner.exports[0].format);
  plan.noticed = RunPlan::Noticed::kNothing;
  return plan;
}

Judgement judge_unusual(const CheckRunner& runner, const RunPlan& plan, size_t run) {
  const RunRecord& record = runner.record(run);
  if (record.ended != RunRecord::Ended::kByItself) return failed("{}: {}", plan.purpose, record.ending());
  return judge_export(runner, plan, run);
}

Status try_each(CheckRunner& runner, const Setting& setting) {
  for (const EnvironmentCase& row : kEnvironmentCases) {
    if (!is_judged(setting, row)) continue;
    RunPlan plan = unusual_plan(runner, row.purpose);
    row.apply(setting, plan);
    TRY(run, setting.test_bed.run(plan));
    runner.add(row.id, judge_unusual(runner, plan, run), run);
  }
  return {};
}

/// One run with everything unusual; gives its number where it exported all the same.
Result<std::optional<size_t>> try_all(CheckRunner& runner, const Setting& setting) {
  RunPlan plan = unusual_plan(runner, "everything unusual at once");
  for (const EnvironmentCase& row : kEnvironmentCases) row.apply(setting, plan);
  TRY(run, setting.test_bed.run(plan));
  const bool is_well = judge_unusual(runner, plan, run).verdict == Verdict::kPass;
  return is_well ? std::optional(run) : std::nullopt;
}

void judge_own_folder(CheckRunner& runner, const TestBed::IsolatedCopy& lone, const Snapshot& before) {
  const std::string change = first_change(before, snapshot_of(lone.folder));
  runner.add("EXP-084", change.empty() ? passed() : failed("in its own folder {}", change),
             runner.test_bed.records().size() - 1);
}

}  // namespace

Status probe_environment(CheckRunner& runner) {
  std::string why_not;
  const auto read_only = runner.test_bed.isolated_copy(why_not);
  if (read_only) make_read_only(read_only->folder);
  const Snapshot before = read_only ? snapshot_of(read_only->folder) : Snapshot();
  // All at once first: for an exporter that minds nothing one run is enough.
  const Setting together{runner.test_bed, read_only};
  TRY(run, try_all(runner, together));
  if (run) {
    for (const EnvironmentCase& row : kEnvironmentCases) {
      if (is_judged(together, row)) runner.add(row.id, passed(std::string(row.purpose)), run);
    }
    if (read_only) judge_own_folder(runner, *read_only, before);
  } else {
    // A copy that can be written: whether the exporter runs alone and whether it writes there are two questions.
    const auto writable = runner.test_bed.isolated_copy(why_not);
    const Snapshot at_first = writable ? snapshot_of(writable->folder) : Snapshot();
    CHECK_OK(try_each(runner, {runner.test_bed, writable}));
    if (writable) judge_own_folder(runner, *writable, at_first);
  }
  if (read_only) return {};
  for (const std::string_view id : {"EXP-080", "EXP-084"}) runner.add(id, skipped("{}", why_not));
  return {};
}

}  // namespace modelport
