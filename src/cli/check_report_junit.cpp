#include <map>

#include "cli/check_report.h"

namespace modelport {

namespace {

std::string run_text(const CheckReport& report, const CheckFinding& finding) {
  if (!finding.run) return "";
  const RunRecord& record = report.runner.record(*finding.run);
  std::string text = fmt::format("\n{}\n{}", escaped(record.command_line), escaped(record.ending()));
  for (const std::string& line : record.last_lines) text += "\n" + escaped(line);
  return text;
}

std::string case_text(const CheckReport& report, const CheckFinding& finding) {
  const Requirement& row = requirement(finding.id);
  const double seconds = finding.run ? report.runner.record(*finding.run).seconds : 0.0;
  const std::string name =
      fmt::format("{} {}{}", row.id, row.title, finding.format.empty() ? "" : fmt::format(" [{}]", finding.format));
  std::string text = fmt::format("    <testcase classname=\"convention.{}\" name=\"{}\" time=\"{:.3f}\"",
                                 level_name(row.level), escaped(name), seconds);
  const std::string evidence = escaped(finding.judgement.evidence);
  if (report.is_failure(finding)) {
    return text + fmt::format(">\n      <failure message=\"{}\">{}{}</failure>\n    </testcase>\n", evidence,
                              escaped(row.hint), run_text(report, finding));
  }
  if (report.is_warning(finding))
    return text + fmt::format(">\n      <system-out>warning: {}{}</system-out>\n    </testcase>\n", evidence,
                              run_text(report, finding));
  if (finding.judgement.verdict == Verdict::kSkipped)
    return text + fmt::format(">\n      <skipped message=\"{}\"/>\n    </testcase>\n", evidence);
  return text + "/>\n";
}

struct Suite {
  std::string cases;
  size_t tests = 0, failures = 0, skipped = 0;
};

}  // namespace

std::string junit_report(const CheckReport& report) {
  std::map<Group, Suite> suites;
  for (const CheckFinding& finding : report.runner.findings) {
    Suite& suite = suites[requirement(finding.id).group];
    suite.cases += case_text(report, finding);
    ++suite.tests;
    if (report.is_failure(finding)) ++suite.failures;
    if (finding.judgement.verdict == Verdict::kSkipped) ++suite.skipped;
  }
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"export convention\">\n";
  for (const auto& [group, suite] : suites) {
    text += fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\">\n{}",
                        escaped(group_title(group)), suite.tests, suite.failures, suite.skipped, suite.cases);
    text += "  </testsuite>\n";
  }
  return text + "</testsuites>\n";
}

}  // namespace modelport
