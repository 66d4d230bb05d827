#pragma once

#include <span>
#include <string>
#include <vector>

#include "cli/check_test_bed.h"
#include "convention/requirements.h"

namespace modelport {

/// A judgement of a requirement, where it was seen, and for which format.
struct CheckFinding {
  std::string_view id;
  std::string format;  ///< Empty where it does not depend on the format.
  Judgement judgement;
  std::optional<size_t> run;  ///< Number of the run that is the evidence.
};

/// One format's successful export.
struct BaselineExport {
  std::string format;
  size_t run = 0;
  std::string output;  ///< Its directory, as the exporter left it.
  CheckedExport checked;
};

/// A format that is not offered, and the run that says so.
struct Refusal {
  std::string format;
  size_t run = 0;
  std::string output;  ///< Its directory, as the exporter left it.
};

/// Everything that a check found out so far; probes read and extend it.
struct CheckRunner {
  TestBed test_bed;
  Json capabilities = nullptr;          ///< What --capabilities printed; null where it is not known.
  std::vector<BaselineExport> exports;  ///< In the order of formats.
  std::vector<Refusal> refusals;
  std::vector<std::string> checkpoint_classes;
  std::string checkpoint_task;
  std::vector<CheckFinding> findings;

  void add(std::string_view id, Judgement judgement, std::optional<size_t> run = {}, std::string format = "");
  bool has_failed(std::string_view id) const;
  /// For this format, or for all of them.
  bool has_failed(std::string_view id, std::string_view format) const;
  const RunRecord& record(size_t run) const { return test_bed.record(run); }
  /// Judges the directory of a run as an export of its plan's format.
  Result<CheckedExport> judge(const RunPlan& plan, size_t run) const;
};

/// Whether a run ended as it should; where it did not, the judgement that says how. A run that was cut short by another
/// requirement's failure is skipped.
Judgement judge_ending(const RunRecord& record, std::span<const int> allowed);
/// Whether a run exported: exit code 0, and the artifact and metadata.json are there.
Judgement judge_export(const CheckRunner& runner, const RunPlan& plan, size_t run);
/// Whether its last lines say that the format is not there, whatever its exit code.
bool speaks_of_a_missing_format(const RunRecord& record);
/// Whether argparse itself ended the run, in its own way.
bool is_argparse(const RunRecord& record);

/// One group of probes: a step of a check.
struct Probe {
  std::string_view name;  ///< For progress: "exit codes".
  enum class Needs { kNothing, kBaselineExport } needs;
  Status (*run)(CheckRunner& runner);
};
std::span<const Probe> check_probes();

/// What the engine of this machine says of an export: that it loads, and that it gives the shapes that it declares.
std::vector<Finding> engine_findings(const BaselineExport& baseline);

Status probe_capabilities(CheckRunner& runner);
Status probe_exports(CheckRunner& runner);
Status probe_engine(CheckRunner& runner);
Status probe_arguments(CheckRunner& runner);
Status probe_exit_codes(CheckRunner& runner);
Status probe_environment(CheckRunner& runner);
Status probe_robustness(CheckRunner& runner);
Status probe_faults(CheckRunner& runner);
/// What was noticed in passing: changes outside, left processes, hangs, log volume.
Status conclude(CheckRunner& runner);

/// Runs every probe; then every requirement has at least one finding.
Result<CheckRunner> run_checks(const CheckRequest& request);

}  // namespace modelport
