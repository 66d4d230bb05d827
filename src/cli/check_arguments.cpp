#include <algorithm>

#include "cli/check_examination.h"

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

Status probe_help(Examination& examination) {
  RunPlan plan = examination.bench.plan("--help", "");
  plan.arguments = {{"--help", ""}};
  TRY(run, examination.bench.run(plan));
  const RunRecord& record = examination.record(run);
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
  examination.add("EXP-007", std::move(judgement), run);
  return {};
}

Status probe_empty_config(Examination& examination) {
  if (examination.has_failed("EXP-002")) {
    examination.add("EXP-003", passed("--export_config '{}'"), examination.exports[0].run);
    return {};
  }
  RunPlan plan = examination.bench.plan("--export_config '{}'", examination.exports[0].format);
  plan.set("--export_config", "{}");
  TRY(run, examination.bench.run(plan));
  examination.add("EXP-003", judge_export(examination, plan, run), run);
  return {};
}

/// The format's recommended configuration; and what is wrong with that export and was not with the plain one.
Status probe_recommended(Examination& examination, const GoodExport& plain) {
  const auto row = std::ranges::find(kRecommended, plain.format, &Recommendation::format);
  if (row == std::end(kRecommended)) {
    for (const std::string_view id : {"EXP-004", "EXP-056"})
      examination.add(id, skipped("the convention recommends no configuration of {}", plain.format), {}, plain.format);
    return {};
  }
  if (examination.has_failed("EXP-003")) {
    for (const std::string_view id : {"EXP-004", "EXP-056"})
      examination.add(id, skipped("EXP-003 failed"), {}, plain.format);
    return {};
  }
  RunPlan plan = examination.bench.plan("the recommended --export_config", plain.format);
  plan.set("--export_config", std::string(row->config));
  TRY(run, examination.bench.run(plan));
  Judgement taken = judge_export(examination, plan, run);
  const bool is_taken = taken.verdict == Verdict::kPass;
  examination.add("EXP-004", std::move(taken), run, plain.format);
  if (!is_taken) {
    examination.add("EXP-056", skipped("EXP-004 did not pass"), run, plain.format);
    return {};
  }
  TRY(checked, examination.judge(plan, run));
  for (const Finding& finding : checked.findings) {
    const Finding* before = find_finding(plain.checked.findings, finding.id);
    const bool is_new = finding.judgement.verdict == Verdict::kFail && before->judgement.verdict != Verdict::kFail;
    if (finding.id == "EXP-056" || is_new) examination.add(finding.id, finding.judgement, run, plain.format);
  }
  return {};
}

}  // namespace

Status probe_arguments(Examination& examination) {
  CHECK_OK(probe_help(examination));
  CHECK_OK(probe_empty_config(examination));
  // The list does not grow here, but a reference into it must not outlive a probe.
  for (size_t i = 0; i < examination.exports.size(); ++i)
    CHECK_OK(probe_recommended(examination, examination.exports[i]));
  return {};
}

}  // namespace modelport
