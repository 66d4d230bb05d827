#include <algorithm>
#include <filesystem>

#include "cli/check_runner.h"
#include "convention/schema.h"

namespace modelport {

namespace {

using Input = RunPlan::Input;

/// The formats that are tried: those named, else those that capabilities offers, else all.
std::vector<std::string> formats_to_try(const CheckRunner& runner) {
  if (!runner.test_bed.request().formats.empty()) return runner.test_bed.request().formats;
  std::vector<std::string> formats;
  for (const std::string_view format : kConventionFormats) formats.emplace_back(format);
  if (!runner.capabilities.is_object()) return formats;
  std::erase_if(formats, [&](const std::string& format) {
    return !std::ranges::any_of(runner.capabilities["formats"],
                                [&](const Json& row) { return row["format"] == format && row["supported"] == true; });
  });
  return formats;
}

/// Another way to run an exporter whose plain run fails, and what it lacks where this one works.
struct Fallback {
  std::string_view id, what;
  void (*apply)(TestBed& test_bed, RunPlan& plan);
  /// Runs from now on are like this; null where nothing more can be checked.
  void (*adopt)(TestBed& test_bed);
};
constexpr Fallback kFallbacks[] = {
    {"EXP-002", "it works with --export_config '{}'",
     [](TestBed&, RunPlan& plan) { plan.set("--export_config", "{}"); },
     [](TestBed& test_bed) { test_bed.always_give_config(); }},
    {"EXP-087", "it works only where the check was started",
     [](TestBed& test_bed, RunPlan& plan) { plan.work = test_bed.caller_directory(); },
     [](TestBed& test_bed) { test_bed.always_work_in(test_bed.caller_directory()); }},
    {"EXP-088", "it works on a terminal on which somebody presses return",
     [](TestBed&, RunPlan& plan) { plan.input = Input::kTerminal; }, nullptr},
};

/// Files are whole, whatever the exit code says.
bool is_complete(const CheckedExport& checked) {
  return checked.metadata.is_object() && checked.header &&
         first_failed(checked.findings, {"EXP-030", "EXP-031", "EXP-032", "EXP-036"}) == nullptr;
}

void keep(CheckRunner& runner, const RunPlan& plan, size_t run, CheckedExport checked) {
  const std::string format = plan.argument("--export_format");
  runner.add("EXP-010", passed("exit code 0"), run, format);
  for (const Finding& finding : checked.findings) {
    // Without a configuration there is nothing to record.
    if (finding.id != "EXP-056") runner.add(finding.id, finding.judgement, run, format);
  }
  runner.exports.push_back({format, run, plan.output, std::move(checked)});
}

/// A failed plain run: tells what it lacks.
Status diagnose(CheckRunner& runner, const std::string& format, size_t plain_run) {
  TestBed& test_bed = runner.test_bed;
  const RunRecord plain = runner.record(plain_run);
  for (const Fallback& fallback : kFallbacks) {
    RunPlan plan = test_bed.plan(plain.purpose, format);
    plan.noticed = RunPlan::Noticed::kNothing;
    fallback.apply(test_bed, plan);
    TRY(run, test_bed.run(plan));
    if (!runner.record(run).succeeded()) continue;
    runner.add(fallback.id, failed("{}; without that it ended with {}", fallback.what, plain.ending()), plain_run);
    TRY(checked, runner.judge(plan, run));
    if (fallback.adopt == nullptr) return {};
    fallback.adopt(test_bed);
    runner.add("EXP-001", skipped("see {}", fallback.id), plain_run, format);
    keep(runner, plan, run, std::move(checked));
    return {};
  }
  runner.add("EXP-001", failed("{} ended with {}", plain.purpose, plain.ending()), plain_run, format);
  return {};
}

bool wrote_nothing(const RunPlan& plan) {
  std::error_code ignored;
  return std::filesystem::is_empty(plan.output, ignored);
}

Status try_format(CheckRunner& runner, const std::string& format) {
  RunPlan plan = runner.test_bed.plan("an export to " + format, format);
  TRY(run, runner.test_bed.run(plan));
  const RunRecord& record = runner.record(run);
  if (record.ended != RunRecord::Ended::kByItself) {
    runner.add("EXP-001", judge_ending(record, {}), run, format);
    return {};
  }
  TRY(checked, runner.judge(plan, run));
  const bool asked_for = !runner.test_bed.request().formats.empty();
  if (record.exit_code == 0 && !asked_for && !runner.exports.empty() && wrote_nothing(plan)) {
    runner.refusals.push_back({format, run, plan.output});
    return {};
  }
  if (record.exit_code == 0) {
    runner.add("EXP-001", passed("exit code 0"), run, format);
    keep(runner, plan, run, std::move(checked));
    return {};
  }
  if (is_complete(checked)) {
    runner.add("EXP-010", failed("the artifact and metadata.json are there, it ended with {}", record.ending()), run,
               format);
    return {};
  }
  if (!asked_for && (record.exit_code == 3 || speaks_of_a_missing_format(record))) {
    runner.refusals.push_back({format, run, plan.output});
    return {};
  }
  // Where one format works, the others can only lack something of their own.
  if (runner.exports.empty()) return diagnose(runner, format, run);
  runner.add("EXP-001", failed("{} ended with {}", record.purpose, record.ending()), run, format);
  return {};
}

void judge_logs(CheckRunner& runner) {
  const size_t run = runner.exports[0].run;
  const RunRecord& record = runner.record(run);
  const bool logged = record.logged == RunRecord::Seen::kYes;
  runner.add("EXP-070", logged ? passed() : failed("a successful export wrote nothing"), run);
  if (!logged) return runner.add("EXP-071", skipped("EXP-070 failed"), run);
  runner.add("EXP-071",
             record.logged_in_form == RunRecord::Seen::kYes
                 ? passed()
                 : failed("no line has the form; the last is \"{}\"", record.last_lines.back()),
             run);
}

}  // namespace

Status probe_exports(CheckRunner& runner) {
  for (const std::string& format : formats_to_try(runner)) CHECK_OK(try_format(runner, format));
  if (runner.exports.empty()) {
    // Whoever refuses every format may refuse the arguments.
    for (const auto& [format, run, output] : runner.refusals) {
      if (!runner.has_failed("EXP-001"))
        runner.add("EXP-001",
                   failed("no format can be exported; {} ended with {}", format, runner.record(run).ending()), run,
                   format);
    }
    return {};
  }
  if (!runner.has_failed("EXP-002")) runner.add("EXP-002", passed(), runner.exports[0].run);
  if (!runner.has_failed("EXP-087")) runner.add("EXP-087", passed(), runner.exports[0].run);
  if (!runner.has_failed("EXP-088")) runner.add("EXP-088", passed(), runner.exports[0].run);
  judge_logs(runner);
  return {};
}

}  // namespace modelport
