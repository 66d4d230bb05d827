#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "artifact/export_directory.h"
#include "cli/artifact_session.h"
#include "cli/check_runner.h"
#include "convention/schema.h"

namespace modelport {

namespace {

using Damage = TestBed::Damage;

/// A run that must fail, and how.
struct FailingCase {
  std::string_view id;
  /// Of cases with one of these, a wrong ending that is the same has one cause, and is told once.
  enum class Kin { kArguments, kFormat, kConfiguration, kExport } kin;
  std::string_view purpose;
  std::array<int, 2> codes;  ///< Allowed; twice the same where there is one.
  Status (*spoil)(TestBed& test_bed, RunPlan& plan);
};
using Kin = FailingCase::Kin;

template <Damage damage>
Status damage_checkpoint(TestBed& test_bed, RunPlan& plan) {
  TRY(path, test_bed.damaged_checkpoint(damage));
  plan.set("--checkpoint_path", path.string());
  return {};
}

Status leave_out_checkpoint(TestBed&, RunPlan& plan) {
  plan.leave_out("--checkpoint_path");
  return {};
}
Status leave_out_format(TestBed&, RunPlan& plan) {
  plan.leave_out("--export_format");
  return {};
}
Status leave_out_output(TestBed&, RunPlan& plan) {
  plan.leave_out("--output_dir");
  return {};
}
Status add_argument(TestBed&, RunPlan& plan) {
  plan.arguments.emplace_back("--no_such_argument", "1");
  return {};
}
Status unknown_format(TestBed&, RunPlan& plan) {
  plan.set("--export_format", "nosuchformat");
  return {};
}
Status config_that_is_no_json(TestBed&, RunPlan& plan) {
  plan.set("--export_config", "{opset_version: 17");
  return {};
}
Status config_that_is_no_object(TestBed&, RunPlan& plan) {
  plan.set("--export_config", "[17]");
  return {};
}
/// An output directory below a file.
Status unwritable_output(TestBed&, RunPlan& plan) {
  const std::string file = plan.folder + "/place/file";
  std::ofstream(file) << "not a directory\n";
  plan.output = file + "/out";
  plan.set("--output_dir", plan.output);
  return {};
}

constexpr FailingCase kCases[] = {
    {"EXP-011", Kin::kExport, "a missing checkpoint", {1, 1}, damage_checkpoint<Damage::kMissing>},
    {"EXP-012", Kin::kExport, "a truncated checkpoint", {1, 1}, damage_checkpoint<Damage::kTruncated>},
    {"EXP-013", Kin::kExport, "an empty checkpoint", {1, 1}, damage_checkpoint<Damage::kEmpty>},
    {"EXP-014", Kin::kArguments, "no --checkpoint_path", {3, 3}, leave_out_checkpoint},
    {"EXP-014", Kin::kArguments, "no --export_format", {3, 3}, leave_out_format},
    {"EXP-014", Kin::kArguments, "no --output_dir", {3, 3}, leave_out_output},
    {"EXP-015", Kin::kArguments, "an unknown argument", {3, 3}, add_argument},
    {"EXP-016", Kin::kFormat, "an unknown format", {3, 3}, unknown_format},
    {"EXP-018", Kin::kConfiguration, "an --export_config that is not JSON", {3, 3}, config_that_is_no_json},
    {"EXP-019", Kin::kConfiguration, "an --export_config that is a list", {3, 3}, config_that_is_no_object},
    {"EXP-020", Kin::kExport, "an output directory below a file", {1, 3}, unwritable_output},
};

/// Failures of these requirements' runs are expected to log why.
constexpr std::string_view kLogsWhy[] = {"EXP-011", "EXP-012", "EXP-013", "EXP-018"};

/// The wrong endings that were told.
class WrongEndings {
 public:
  /// Judges an ending; one that an earlier case of its kin had, or that is argparse's own, is skipped.
  Judgement judge(const CheckRunner& runner, size_t run, std::span<const int> codes, std::string_view id, Kin kin) {
    const RunRecord& record = runner.record(run);
    Judgement judgement = judge_ending(record, codes);
    if (judgement.verdict != Verdict::kFail) return judgement;
    if (id != "EXP-014" && is_argparse(record) && runner.has_failed("EXP-014"))
      return skipped("argparse ended it, with {}: see EXP-014", record.ending());
    for (const Told& told : told_) {
      if (told.kin == kin && told.ending == record.ending())
        return skipped("it ended like another, with {}: see {}", record.ending(), told.id);
    }
    told_.push_back({kin, id, record.ending()});
    return judgement;
  }

 private:
  struct Told {
    Kin kin;
    std::string_view id;
    std::string ending;
  };
  std::vector<Told> told_;
};

/// What is seen in all failing runs together.
struct Aftermath {
  std::optional<size_t> left_files, silent, checked_files, checked_log;
  std::string left_name;

  void look(const CheckRunner& runner, const std::string& output, size_t run, std::string_view id) {
    const RunRecord& record = runner.record(run);
    if (std::ranges::find(kLogsWhy, id) != std::end(kLogsWhy)) {
      checked_log = run;
      // Lines without any level are EXP-071's; what they say is still an answer, a traceback is none.
      const bool has_no_levels = runner.has_failed("EXP-071") && record.logged == RunRecord::Seen::kYes &&
                                 record.traceback == RunRecord::Seen::kNo;
      if (record.last_error.empty() && !has_no_levels && !silent) silent = run;
    }
    const auto directory = ExportDirectory::open(output);
    if (!directory || record.exit_code == 2) return;
    checked_files = run;
    if (!directory->entries().empty() && !left_files) {
      left_files = run;
      left_name = directory->entries()[0].path;
    }
  }
};

Status probe_case(CheckRunner& runner, const FailingCase& test, WrongEndings& wrong, Aftermath& aftermath) {
  if (runner.has_failed(test.id)) return {};
  RunPlan plan = runner.test_bed.plan(std::string(test.purpose), runner.exports[0].format);
  CHECK_OK(test.spoil(runner.test_bed, plan));
  TRY(run, runner.test_bed.run(plan));
  const std::span<const int> codes(test.codes.data(), test.codes[0] == test.codes[1] ? 1 : 2);
  Judgement judgement = wrong.judge(runner, run, codes, test.id, test.kin);
  if (judgement.verdict == Verdict::kPass) aftermath.look(runner, plan.output, run, test.id);
  runner.add(test.id, std::move(judgement), run);
  return {};
}

/// A format that the exporter does not offer, by capabilities or by trying; nothing where it offers all that were
/// tried.
Result<std::optional<Refusal>> find_refusal(CheckRunner& runner) {
  if (!runner.refusals.empty()) return std::optional(runner.refusals[0]);
  std::vector<std::string> candidates;
  if (runner.capabilities.is_object()) {
    for (const Json& row : runner.capabilities["formats"]) {
      if (row["supported"] == false) candidates.push_back(row["format"].get<std::string>());
    }
  } else {
    // Those that no engine here runs are the rarest; trying more would only cost the author's time.
    for (const std::string_view format : kConventionFormats) {
      if (std::ranges::find(artifact_engines(), format, &ArtifactEngine::format) != artifact_engines().end()) continue;
      const bool known = std::ranges::find(runner.exports, format, &BaselineExport::format) != runner.exports.end();
      if (!known && runner.test_bed.request().formats.size() > 0) candidates.emplace_back(format);
    }
  }
  for (const std::string& format : candidates) {
    const RunPlan plan = runner.test_bed.plan("a format that is not offered", format);
    TRY(run, runner.test_bed.run(plan));
    // Success that exported nothing is a refusal by its outcome, if not by its exit code.
    if (judge_export(runner, plan, run).verdict != Verdict::kPass)
      return std::optional(Refusal{format, run, plan.output});
  }
  return std::optional<Refusal>();
}

bool says_unsupported(const CheckRunner& runner, const RunRecord& record) {
  constexpr std::string_view kWords = "Unsupported format: ";
  if (record.last_error.find(kWords) != std::string::npos) return true;
  return runner.has_failed("EXP-071") && record.last_error.empty() && !record.last_lines.empty() &&
         record.last_lines.back().find(kWords) != std::string::npos;
}

Status probe_missing_format(CheckRunner& runner, WrongEndings& wrong, Aftermath& aftermath) {
  TRY(refusal, find_refusal(runner));
  if (!refusal) {
    for (const std::string_view id : {"EXP-017", "EXP-073"}) runner.add(id, skipped("it offers every format"));
    return {};
  }
  const auto& [format, run, output] = *refusal;
  const RunRecord& record = runner.record(run);
  static constexpr int kConfiguration[] = {3};
  Judgement judgement = wrong.judge(runner, run, kConfiguration, "EXP-017", Kin::kFormat);
  const bool announced = runner.capabilities.is_object();
  const bool may_have_failed = record.exit_code != 0 && !announced && !speaks_of_a_missing_format(record);
  if (judgement.verdict == Verdict::kFail && may_have_failed)
    judgement =
        skipped("{} ended with {}; whether it is not offered or failed cannot be told", format, record.ending());
  const bool is_right = judgement.verdict == Verdict::kPass;
  if (is_right) aftermath.look(runner, output, run, "EXP-017");
  runner.add("EXP-017", std::move(judgement), run, format);
  if (!is_right) {
    runner.add("EXP-073", skipped("EXP-017 did not pass"), run, format);
  } else if (says_unsupported(runner, record)) {
    runner.add("EXP-073", passed(record.last_error), run, format);
  } else {
    runner.add("EXP-073", failed("the last ERROR is \"{}\"", record.last_error), run, format);
  }
  return {};
}

/// Whether formats behave as announced: offered ones export, others end with 3.
void judge_capabilities(CheckRunner& runner) {
  if (!runner.capabilities.is_object()) return;
  for (const auto& [format, run, output] : runner.refusals)
    return runner.add("EXP-121", failed("{} is offered and ended with {}", format, runner.record(run).ending()), run);
  for (const BaselineExport& baseline : runner.exports) {
    for (const Json& row : runner.capabilities["formats"]) {
      if (row["format"] == baseline.format && row["supported"] == false)
        return runner.add("EXP-121", failed("{} is said to be unavailable and was exported", baseline.format),
                          baseline.run);
    }
  }
  runner.add("EXP-121", passed());
}

}  // namespace

Status probe_exit_codes(CheckRunner& runner) {
  WrongEndings wrong;
  Aftermath aftermath;
  for (const FailingCase& test : kCases) CHECK_OK(probe_case(runner, test, wrong, aftermath));
  CHECK_OK(probe_missing_format(runner, wrong, aftermath));
  judge_capabilities(runner);
  if (aftermath.silent) {
    runner.add("EXP-072",
               failed("{} logged no line with ERROR{}", runner.record(*aftermath.silent).purpose,
                      runner.record(*aftermath.silent).traceback == RunRecord::Seen::kYes ? ", but a traceback" : ""),
               aftermath.silent);
  } else {
    runner.add("EXP-072", aftermath.checked_log ? passed() : skipped("no failure ended as it should"),
               aftermath.checked_log);
  }
  if (aftermath.left_files) {
    runner.add("EXP-021", failed("{} left {}", runner.record(*aftermath.left_files).purpose, aftermath.left_name),
               aftermath.left_files);
  } else {
    runner.add("EXP-021", aftermath.checked_files ? passed() : skipped("no failure ended as it should"),
               aftermath.checked_files);
  }
  return {};
}

}  // namespace modelport
