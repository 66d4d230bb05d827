#include <algorithm>
#include <filesystem>

#include "cli/check_examination.h"
#include "convention/schema.h"

namespace modelport {

namespace {

using Input = RunPlan::Input;

/// The formats that are tried: those named, else those that capabilities offers, else all.
std::vector<std::string> formats_to_try(const Examination& examination) {
  if (!examination.bench.request().formats.empty()) return examination.bench.request().formats;
  std::vector<std::string> formats;
  for (const std::string_view format : kConventionFormats) formats.emplace_back(format);
  if (!examination.capabilities.is_object()) return formats;
  std::erase_if(formats, [&](const std::string& format) {
    return !std::ranges::any_of(examination.capabilities["formats"],
                                [&](const Json& row) { return row["format"] == format && row["supported"] == true; });
  });
  return formats;
}

/// Another way to run an exporter whose plain run fails, and what it lacks where this one works.
struct Fallback {
  std::string_view id, what;
  void (*apply)(Bench& bench, RunPlan& plan);
  /// Runs from now on are like this; null where nothing more can be checked.
  void (*adopt)(Bench& bench);
};
constexpr Fallback kFallbacks[] = {
    {"EXP-002", "it works with --export_config '{}'", [](Bench&, RunPlan& plan) { plan.set("--export_config", "{}"); },
     [](Bench& bench) { bench.always_give_config(); }},
    {"EXP-087", "it works only where the check was started",
     [](Bench& bench, RunPlan& plan) { plan.work = bench.caller_directory(); },
     [](Bench& bench) { bench.always_work_in(bench.caller_directory()); }},
    {"EXP-088", "it works on a terminal on which somebody presses return",
     [](Bench&, RunPlan& plan) { plan.input = Input::kTerminal; }, nullptr},
};

/// Files are whole, whatever the exit code says.
bool is_complete(const CheckedExport& checked) {
  return checked.metadata.is_object() && checked.header &&
         first_failed(checked.findings, {"EXP-030", "EXP-031", "EXP-032", "EXP-036"}) == nullptr;
}

void keep(Examination& examination, const RunPlan& plan, size_t run, CheckedExport checked) {
  const std::string format = plan.argument("--export_format");
  examination.add("EXP-010", passed("exit code 0"), run, format);
  for (const Finding& finding : checked.findings) {
    // Without a configuration there is nothing to record.
    if (finding.id != "EXP-056") examination.add(finding.id, finding.judgement, run, format);
  }
  examination.exports.push_back({format, run, plan.output, std::move(checked)});
}

/// A failed plain run: tells what it lacks.
Status diagnose(Examination& examination, const std::string& format, size_t plain_run) {
  Bench& bench = examination.bench;
  const RunRecord plain = examination.record(plain_run);
  for (const Fallback& fallback : kFallbacks) {
    RunPlan plan = bench.plan(plain.purpose, format);
    plan.noticed = RunPlan::Noticed::kNothing;
    fallback.apply(bench, plan);
    TRY(run, bench.run(plan));
    if (!examination.record(run).succeeded()) continue;
    examination.add(fallback.id, failed("{}; without that it ended with {}", fallback.what, plain.ending()), plain_run);
    TRY(checked, examination.judge(plan, run));
    if (fallback.adopt == nullptr) return {};
    fallback.adopt(bench);
    examination.add("EXP-001", skipped("see {}", fallback.id), plain_run, format);
    keep(examination, plan, run, std::move(checked));
    return {};
  }
  examination.add("EXP-001", failed("{} ended with {}", plain.purpose, plain.ending()), plain_run, format);
  return {};
}

bool wrote_nothing(const RunPlan& plan) {
  std::error_code ignored;
  return std::filesystem::is_empty(plan.output, ignored);
}

Status try_format(Examination& examination, const std::string& format) {
  RunPlan plan = examination.bench.plan("an export to " + format, format);
  TRY(run, examination.bench.run(plan));
  const RunRecord& record = examination.record(run);
  if (record.ended != RunRecord::Ended::kByItself) {
    examination.add("EXP-001", judge_ending(record, {}), run, format);
    return {};
  }
  TRY(checked, examination.judge(plan, run));
  const bool asked_for = !examination.bench.request().formats.empty();
  if (record.exit_code == 0 && !asked_for && !examination.exports.empty() && wrote_nothing(plan)) {
    examination.refusals.push_back({format, run, plan.output});
    return {};
  }
  if (record.exit_code == 0) {
    examination.add("EXP-001", passed("exit code 0"), run, format);
    keep(examination, plan, run, std::move(checked));
    return {};
  }
  if (is_complete(checked)) {
    examination.add("EXP-010", failed("the artifact and metadata.json are there, it ended with {}", record.ending()),
                    run, format);
    return {};
  }
  if (!asked_for && (record.exit_code == 3 || speaks_of_a_missing_format(record))) {
    examination.refusals.push_back({format, run, plan.output});
    return {};
  }
  // Where one format works, the others can only lack something of their own.
  if (examination.exports.empty()) return diagnose(examination, format, run);
  examination.add("EXP-001", failed("{} ended with {}", record.purpose, record.ending()), run, format);
  return {};
}

void judge_logs(Examination& examination) {
  const size_t run = examination.exports[0].run;
  const RunRecord& record = examination.record(run);
  const bool logged = record.logged == RunRecord::Seen::kYes;
  examination.add("EXP-070", logged ? passed() : failed("a successful export wrote nothing"), run);
  if (!logged) return examination.add("EXP-071", skipped("EXP-070 failed"), run);
  examination.add("EXP-071",
                  record.logged_in_form == RunRecord::Seen::kYes
                      ? passed()
                      : failed("no line has the form; the last is \"{}\"", record.last_lines.back()),
                  run);
}

}  // namespace

Status probe_exports(Examination& examination) {
  for (const std::string& format : formats_to_try(examination)) CHECK_OK(try_format(examination, format));
  if (examination.exports.empty()) {
    // Whoever refuses every format may refuse the arguments.
    for (const auto& [format, run, output] : examination.refusals) {
      if (!examination.has_failed("EXP-001"))
        examination.add("EXP-001",
                        failed("no format can be exported; {} ended with {}", format, examination.record(run).ending()),
                        run, format);
    }
    return {};
  }
  if (!examination.has_failed("EXP-002")) examination.add("EXP-002", passed(), examination.exports[0].run);
  if (!examination.has_failed("EXP-087")) examination.add("EXP-087", passed(), examination.exports[0].run);
  if (!examination.has_failed("EXP-088")) examination.add("EXP-088", passed(), examination.exports[0].run);
  judge_logs(examination);
  return {};
}

}  // namespace modelport
