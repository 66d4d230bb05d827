#include "base/printable.h"
#include "cli/check_report.h"
#include "convention/schema.h"

namespace modelport {

namespace {

Json run_json(const RunRecord& record) {
  Json run = {{"purpose", record.purpose}, {"command", record.command_line}, {"ended", record.ending()}};
  run["exit_code"] = record.exit_code ? Json(*record.exit_code) : Json(nullptr);
  run["signal"] = record.signal == 0 ? Json(nullptr) : Json(record.signal);
  run["seconds"] = record.seconds;
  run["last_log_lines"] = record.last_lines;
  return run;
}

Json finding_json(const CheckReport& report, const CheckFinding& finding) {
  const Requirement& row = requirement(finding.id);
  Json json = {{"id", row.id},
               {"level", level_name(row.level)},
               {"group", group_title(row.group)},
               {"title", row.title},
               {"format", finding.format.empty() ? Json(nullptr) : Json(finding.format)},
               {"verdict", verdict_name(finding.judgement.verdict)},
               {"evidence", printable(finding.judgement.evidence)}};
  if (!finding.judgement.at.empty()) json["metadata_path"] = printable(finding.judgement.at);
  if (finding.judgement.verdict == Verdict::kFail) {
    json["counts"] = report.is_failure(finding) ? "failure" : "warning";
    json["hint"] = row.hint;
  }
  if (finding.run) json["run"] = *finding.run;
  return json;
}

}  // namespace

std::string json_report(const CheckReport& report) {
  const CheckRunner& runner = report.runner;
  const CheckReport::Counts counts = report.counts();
  Json json = {{"convention_version", kConventionVersion},
               {"modelport_version", MODELPORT_VERSION},
               {"conformant", report.is_conformant()},
               {"strict", report.strictness == Strictness::kMustAndShould},
               {"command", Json::array()},
               {"checkpoint", printable(runner.test_bed.request().checkpoint)},
               {"formats", Json::array()},
               {"summary",
                {{"passed", counts.passed},
                 {"failed", counts.failed},
                 {"warnings", counts.warnings},
                 {"skipped", counts.skipped}}},
               {"findings", Json::array()},
               {"runs", Json::array()}};
  for (const std::string& part : runner.test_bed.request().command) json["command"].push_back(printable(part));
  for (const BaselineExport& baseline : runner.exports) json["formats"].push_back(baseline.format);
  for (const CheckFinding& finding : runner.findings) json["findings"].push_back(finding_json(report, finding));
  for (const RunRecord& record : runner.test_bed.records()) json["runs"].push_back(run_json(record));
  return print_json(json);
}

}  // namespace modelport
