#include "cli/check_report.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/printable.h"
#include "convention/schema.h"

namespace modelport {

bool CheckReport::is_failure(const CheckFinding& finding) const {
  if (finding.judgement.verdict != Verdict::kFail) return false;
  return strictness == Strictness::kMustAndShould || requirement(finding.id).level == Level::kMust;
}

bool CheckReport::is_warning(const CheckFinding& finding) const {
  return finding.judgement.verdict == Verdict::kFail && !is_failure(finding);
}

CheckReport::Counts CheckReport::counts() const {
  Counts counts;
  for (const CheckFinding& finding : runner.findings) {
    if (is_failure(finding)) ++counts.failed;
    if (is_warning(finding)) ++counts.warnings;
    if (finding.judgement.verdict == Verdict::kPass) ++counts.passed;
    if (finding.judgement.verdict == Verdict::kSkipped) ++counts.skipped;
  }
  return counts;
}

bool CheckReport::is_conformant() const { return counts().failed == 0; }

std::vector<Trouble> troubles(const CheckReport& report, bool (CheckReport::*is_one)(const CheckFinding&) const) {
  std::vector<std::vector<const CheckFinding*>> together;
  for (const CheckFinding& finding : report.runner.findings) {
    if (!(report.*is_one)(finding)) continue;
    const auto alike = std::ranges::find_if(together, [&](const std::vector<const CheckFinding*>& others) {
      return others[0]->id == finding.id && others[0]->judgement.at == finding.judgement.at;
    });
    if (alike == together.end()) {
      together.push_back({&finding});
    } else {
      alike->push_back(&finding);
    }
  }
  std::vector<Trouble> found;
  for (const std::vector<const CheckFinding*>& alike : together) {
    Trouble trouble{alike[0], "", {}};
    const bool is_same = std::ranges::all_of(alike, [&](const CheckFinding* finding) {
      return finding->judgement.evidence == alike[0]->judgement.evidence;
    });
    for (const CheckFinding* finding : alike) {
      trouble.formats += (trouble.formats.empty() ? "" : ", ") + finding->format;
      const std::string& evidence = finding->judgement.evidence;
      if (!is_same) trouble.evidence.push_back(fmt::format("{}: {}", finding->format, evidence));
    }
    if (is_same) trouble.evidence.push_back(alike[0]->judgement.evidence);
    found.push_back(std::move(trouble));
  }
  return found;
}

namespace {

std::string trouble_text(const CheckReport& report, const Trouble& trouble) {
  const CheckFinding& finding = *trouble.first;
  const Requirement& row = requirement(finding.id);
  std::string text =
      fmt::format("{} {} {}{}: {}\n", report.is_failure(finding) ? "FAIL" : "WARN", row.id, level_name(row.level),
                  trouble.formats.empty() ? "" : " " + trouble.formats, row.title);
  for (size_t i = 0; i < trouble.evidence.size(); ++i)
    text += fmt::format("  {}   {}\n", i == 0 ? "seen" : "    ", printable(trouble.evidence[i]));
  if (!finding.judgement.at.empty())
    text += fmt::format("  where  metadata.json {}\n", printable(finding.judgement.at));
  text += fmt::format("  mend   {}\n", row.hint);
  if (!finding.run) return text + "\n";
  const RunRecord& record = report.runner.record(*finding.run);
  text += fmt::format("  run    {}\n         {} in {:.2f} s\n", record.command_line, record.ending(), record.seconds);
  constexpr size_t kLines = 4;
  const size_t first = record.last_lines.size() > kLines ? record.last_lines.size() - kLines : 0;
  for (size_t i = first; i < record.last_lines.size(); ++i)
    text += fmt::format("  {}    {}\n", i == first ? "log" : "   ", record.last_lines[i]);
  return text + "\n";
}

std::string group_text(const CheckReport& report, Group group) {
  CheckReport::Counts counts;
  for (const CheckFinding& finding : report.runner.findings) {
    if (requirement(finding.id).group != group) continue;
    if (report.is_failure(finding)) ++counts.failed;
    if (report.is_warning(finding)) ++counts.warnings;
    if (finding.judgement.verdict == Verdict::kPass) ++counts.passed;
    if (finding.judgement.verdict == Verdict::kSkipped) ++counts.skipped;
  }
  return fmt::format("  {:<32} {:>4} passed {:>4} failed {:>4} warnings {:>4} skipped\n", group_title(group),
                     counts.passed, counts.failed, counts.warnings, counts.skipped);
}

}  // namespace

std::string text_report(const CheckReport& report) {
  std::string text;
  for (const auto is_one : {&CheckReport::is_warning, &CheckReport::is_failure}) {
    for (const Trouble& trouble : troubles(report, is_one)) text += trouble_text(report, trouble);
  }
  for (const Group group : all_groups()) text += group_text(report, group);
  std::vector<std::string> formats;
  for (const BaselineExport& baseline : report.runner.exports) formats.push_back(baseline.format);
  const CheckReport::Counts counts = report.counts();
  return text +
         fmt::format("{}: export convention {}, formats {}; {} passed, {} failed, {} warnings, {} skipped in {} runs\n",
                     report.is_conformant() ? "conformant" : "NOT conformant", kConventionVersion,
                     formats.empty() ? "none" : fmt::format("{}", fmt::join(formats, ", ")), counts.passed,
                     counts.failed, counts.warnings, counts.skipped, report.runner.test_bed.records().size());
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace modelport
