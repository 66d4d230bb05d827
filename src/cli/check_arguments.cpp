#include <algorithm>

#include "cli/check_runner.h"

namespace modelport {

namespace {

/// What the convention recommends, format by format.
struct Recommendation {
  std::string_view format, config;
};
constexpr Recommendation kRecommended[] = {
    {"onnx", R"({"opset_version": 17, "dynamic_axes": true, "simplify": true})"},
    {"tensorrt", R"({"fp16": true, "int8": false, "max_batch_size": 1, "workspace_size": 4096})"},
    {"coreml", R"({"minimum_deployment_target": "iOS15", "compute_units": "ALL"})"},
    {"tflite", R"({"quantize": false, "int8": false})"},
};

Status probe_help(CheckRunner& runner) {
  RunPlan plan = runner.test_bed.plan("--help", "");
  plan.arguments = {{"--help", ""}};
  TRY(run, runner.test_bed.run(plan));
  const RunRecord& record = runner.record(run);
  static constexpr int kSuccess[] = {0};
  Judgement judgement = judge_ending(record, kSuccess);
  if (judgement.verdict == Verdict::kPass) {
    // A long help leaves only its end in last_lines.
    for (const std::string_view name : {"--checkpoint_path", "--export_format", "--output_dir", "--export_config"}) {
      const bool named = record.standard_output.find(name) != std::string::npos ||
                         std::ranges::any_of(record.last_lines, [&](const std::string& line) {
                           return line.find(name) != std::string::npos;
                         });
      if (!named) judgement = failed("it does not name {}", name);
    }
  }
  runner.add("EXP-007", std::move(judgement), run);
  return {};
}

Status probe_empty_config(CheckRunner& runner) {
  if (runner.has_failed("EXP-002")) {
    runner.add("EXP-003", passed("--export_config '{}'"), runner.exports[0].run);
    return {};
  }
  RunPlan plan = runner.test_bed.plan("--export_config '{}'", runner.exports[0].format);
  plan.set("--export_config", "{}");
  TRY(run, runner.test_bed.run(plan));
  runner.add("EXP-003", judge_export(runner, plan, run), run);
  return {};
}

/// The format's recommended configuration; and what is wrong with that export and was not with the plain one.
Status probe_recommended(CheckRunner& runner, const BaselineExport& plain) {
  const auto row = std::ranges::find(kRecommended, plain.format, &Recommendation::format);
  if (row == std::end(kRecommended)) {
    for (const std::string_view id : {"EXP-004", "EXP-056"})
      runner.add(id, skipped("the convention recommends no configuration of {}", plain.format), {}, plain.format);
    return {};
  }
  if (runner.has_failed("EXP-003")) {
    for (const std::string_view id : {"EXP-004", "EXP-056"})
      runner.add(id, skipped("EXP-003 failed"), {}, plain.format);
    return {};
  }
  RunPlan plan = runner.test_bed.plan("the recommended --export_config", plain.format);
  plan.set("--export_config", std::string(row->config));
  TRY(run, runner.test_bed.run(plan));
  Judgement taken = judge_export(runner, plan, run);
  const bool is_taken = taken.verdict == Verdict::kPass;
  runner.add("EXP-004", std::move(taken), run, plain.format);
  if (!is_taken) {
    runner.add("EXP-056", skipped("EXP-004 did not pass"), run, plain.format);
    return {};
  }
  TRY(checked, runner.judge(plan, run));
  for (const Finding& finding : checked.findings) {
    const Finding* before = find_finding(plain.checked.findings, finding.id);
    const bool is_new = finding.judgement.verdict == Verdict::kFail && before->judgement.verdict != Verdict::kFail;
    if (finding.id == "EXP-056" || is_new) runner.add(finding.id, finding.judgement, run, plain.format);
  }
  return {};
}

}  // namespace

Status probe_arguments(CheckRunner& runner) {
  CHECK_OK(probe_help(runner));
  CHECK_OK(probe_empty_config(runner));
  // The list does not grow here, but a reference into it must not outlive a probe.
  for (size_t i = 0; i < runner.exports.size(); ++i) CHECK_OK(probe_recommended(runner, runner.exports[i]));
  return {};
}

}  // namespace modelport
