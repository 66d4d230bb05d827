#include <algorithm>
#include <filesystem>

#include "cli/check_examination.h"

namespace modelport {

namespace {

namespace fs = std::filesystem;
using Snapshot = std::map<std::string, std::string>;

/// What all these runs share.
struct Setting {
  Bench& bench;
  const std::optional<Bench::LoneCopy>& lone;  ///< Nothing where its folder cannot be copied.
};

/// One thing about a run's surroundings that an exporter must not mind.
struct Surrounding {
  std::string_view id, purpose;
  void (*apply)(const Setting& setting, RunPlan& plan);
};

void give_odd_paths(const Setting& setting, RunPlan& plan) {
  plan.output = plan.folder + "/place/Aus gabe 出力";
  std::error_code ignored;
  fs::remove(plan.folder + "/place/out", ignored);
  fs::create_directories(plan.output, ignored);
  plan.set("--output_dir", plan.output);
  plan.set("--checkpoint_path", setting.bench.oddly_named_checkpoint().string());
}

void give_relative_paths(const Setting& setting, RunPlan& plan) {
  if (setting.bench.works_elsewhere()) plan.work = setting.bench.root().string();
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
constexpr Surrounding kSurroundings[] = {
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

bool is_judged(const Setting& setting, const Surrounding& row) { return row.id != "EXP-080" || setting.lone; }

/// A run in unusual surroundings, in which whatever goes wrong is their fault.
RunPlan unusual_plan(Examination& examination, std::string_view purpose) {
  RunPlan plan = examination.bench.plan(std::string(purpose), examination.exports[0].format);
  plan.noticed = RunPlan::Noticed::kNothing;
  return plan;
}

Judgement judge_unusual(const Examination& examination, const RunPlan& plan, size_t run) {
  const RunRecord& record = examination.record(run);
  if (record.ended != RunRecord::Ended::kByItself) return failed("{}: {}", plan.purpose, record.ending());
  return judge_export(examination, plan, run);
}

Status try_each(Examination& examination, const Setting& setting) {
  for (const Surrounding& row : kSurroundings) {
    if (!is_judged(setting, row)) continue;
    RunPlan plan = unusual_plan(examination, row.purpose);
    row.apply(setting, plan);
    TRY(run, setting.bench.run(plan));
    examination.add(row.id, judge_unusual(examination, plan, run), run);
  }
  return {};
}

/// One run with everything unusual; gives its number where it exported all the same.
Result<std::optional<size_t>> try_all(Examination& examination, const Setting& setting) {
  RunPlan plan = unusual_plan(examination, "everything unusual at once");
  for (const Surrounding& row : kSurroundings) row.apply(setting, plan);
  TRY(run, setting.bench.run(plan));
  const bool is_well = judge_unusual(examination, plan, run).verdict == Verdict::kPass;
  return is_well ? std::optional(run) : std::nullopt;
}

void judge_own_folder(Examination& examination, const Bench::LoneCopy& lone, const Snapshot& before) {
  const std::string change = first_change(before, snapshot_of(lone.folder));
  examination.add("EXP-084", change.empty() ? passed() : failed("in its own folder {}", change),
                  examination.bench.records().size() - 1);
}

}  // namespace

Status probe_surroundings(Examination& examination) {
  std::string why_not;
  const auto read_only = examination.bench.lone_copy(why_not);
  if (read_only) make_read_only(read_only->folder);
  const Snapshot before = read_only ? snapshot_of(read_only->folder) : Snapshot();
  // All at once first: for an exporter that minds nothing one run is enough.
  const Setting together{examination.bench, read_only};
  TRY(run, try_all(examination, together));
  if (run) {
    for (const Surrounding& row : kSurroundings) {
      if (is_judged(together, row)) examination.add(row.id, passed(std::string(row.purpose)), run);
    }
    if (read_only) judge_own_folder(examination, *read_only, before);
  } else {
    // A copy that can be written: whether the exporter runs alone and whether it writes there are two questions.
    const auto writable = examination.bench.lone_copy(why_not);
    const Snapshot at_first = writable ? snapshot_of(writable->folder) : Snapshot();
    CHECK_OK(try_each(examination, {examination.bench, writable}));
    if (writable) judge_own_folder(examination, *writable, at_first);
  }
  if (read_only) return {};
  for (const std::string_view id : {"EXP-080", "EXP-084"}) examination.add(id, skipped("{}", why_not));
  return {};
}

}  // namespace modelport
