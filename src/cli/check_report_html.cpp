#include <fmt/ranges.h>

#include "cli/check_report.h"
#include "convention/schema.h"
#include "convention/time_text.h"

namespace modelport {

namespace {

constexpr std::string_view kStyle = R"css(
:root { color-scheme: light dark; --page: #ffffff; --card: #f6f7f9; --line: #dfe3e8; --text: #1c2430; --soft: #5b6676;
  --pass: #16763a; --fail: #b42318; --warn: #925f00; --skip: #667085;
  --pass-page: #e3f5e9; --fail-page: #fdebe9; --warn-page: #fdf3da; --skip-page: #eceff3; }
@media (prefers-color-scheme: dark) {
  :root { --page: #12161c; --card: #1a2029; --line: #2d3643; --text: #e4e9f0; --soft: #9aa6b6;
    --pass: #6fd392; --fail: #ff9b90; --warn: #f0c05c; --skip: #a3afbf;
    --pass-page: #16301f; --fail-page: #3a1b1a; --warn-page: #352a12; --skip-page: #252d38; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.35rem; margin: 0 0 .25rem; }
h2 { font-size: 1rem; margin: 2rem 0 .5rem; display: flex; justify-content: space-between; gap: 1rem; }
h2 span { color: var(--soft); font-weight: 400; font-size: .85rem; }
code, pre { font: 12.5px/1.5 ui-monospace, "DejaVu Sans Mono", monospace; }
pre { margin: .4rem 0 0; padding: .6rem .75rem; background: var(--page); border: 1px solid var(--line); border-radius: 6px;
  white-space: pre-wrap; overflow-wrap: anywhere; }
.soft { color: var(--soft); overflow-wrap: anywhere; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .75rem; margin: 1.25rem 0; }
.tile { border-radius: 8px; padding: .7rem .9rem; }
.tile b { display: block; font-size: 1.5rem; line-height: 1.2; }
.mark { display: inline-block; min-width: 4.6rem; text-align: center; border-radius: 999px; padding: 0 .6rem; font-size: .78rem; font-weight: 600; }
.pass { color: var(--pass); background: var(--pass-page); }
.fail { color: var(--fail); background: var(--fail-page); }
.warning { color: var(--warn); background: var(--warn-page); }
.skipped { color: var(--skip); background: var(--skip-page); }
details { border: 1px solid var(--line); border-radius: 8px; margin: .35rem 0; background: var(--card); }
summary { display: grid; grid-template-columns: 5.2rem 4.6rem 1fr auto; gap: .6rem; padding: .45rem .75rem; cursor: pointer; align-items: baseline; }
summary::-webkit-details-marker { display: none; }
summary .id { font: 12.5px ui-monospace, monospace; color: var(--soft); }
summary .level { font-size: .72rem; color: var(--soft); letter-spacing: .03em; white-space: nowrap; }
.body { padding: .2rem .75rem .75rem; border-top: 1px solid var(--line); }
dl { display: grid; grid-template-columns: 5.2rem 1fr; gap: .25rem .6rem; margin: .5rem 0 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; min-width: 0; }
@media (max-width: 40rem) { summary { grid-template-columns: 5.2rem 4.6rem 1fr; } summary .level { display: none; } }
@media print { details { break-inside: avoid; } }
)css";

/// The class of a finding, which is also the word on it.
std::string_view mark_of(const CheckReport& report, const CheckFinding& finding) {
  if (report.is_failure(finding)) return "fail";
  if (report.is_warning(finding)) return "warning";
  return verdict_name(finding.judgement.verdict);
}

std::string entry(std::string_view name, const std::string& markup) {
  return fmt::format("<dt>{}</dt><dd>{}</dd>", name, markup);
}

std::string run_markup(const RunRecord& record) {
  std::string text = entry("command", fmt::format("<code>{}</code>", escaped(record.command_line))) +
                     entry("ended", fmt::format("{} in {:.2f} s", escaped(record.ending()), record.seconds));
  std::string log;
  for (const std::string& line : record.last_lines) log += escaped(line) + "\n";
  return log.empty() ? text : text + entry("log", "<pre>" + log + "</pre>");
}

enum class Shown { kOpen, kClosed };

std::string finding_markup(const CheckReport& report, const Trouble& trouble, Shown shown) {
  const CheckFinding& finding = *trouble.first;
  const Requirement& row = requirement(finding.id);
  const std::string_view mark = mark_of(report, finding);
  const bool failed = finding.judgement.verdict == Verdict::kFail;
  std::string text = fmt::format(
      "<details{}><summary><span class=\"mark {}\">{}</span><span class=\"id\">{}</span><span>{}</span>"
      "<span class=\"level\">{}{}</span></summary><div class=\"body\"><dl>",
      shown == Shown::kOpen ? " open" : "", mark, mark, row.id, escaped(row.title),
      trouble.formats.empty() ? "" : escaped(trouble.formats) + " &middot; ", level_name(row.level));
  for (size_t i = 0; i < trouble.evidence.size(); ++i) {
    if (!trouble.evidence[i].empty()) text += entry(i == 0 ? "seen" : "", escaped(trouble.evidence[i]));
  }
  if (!finding.judgement.at.empty())
    text += entry("where", fmt::format("metadata.json <code>{}</code>", escaped(finding.judgement.at)));
  if (failed) text += entry("mend", escaped(row.hint));
  if (finding.run) text += run_markup(report.runner.record(*finding.run));
  return text + "</dl></div></details>\n";
}

std::string tile(std::string_view mark, size_t count, std::string_view name) {
  return fmt::format("<div class=\"tile {}\"><b>{}</b>{}</div>", mark, count, name);
}

/// What failed, all of it and open, before the chapters.
std::string failures_markup(const CheckReport& report) {
  std::string failures, warnings;
  for (const Trouble& trouble : troubles(report, &CheckReport::is_failure))
    failures += finding_markup(report, trouble, Shown::kOpen);
  for (const Trouble& trouble : troubles(report, &CheckReport::is_warning))
    warnings += finding_markup(report, trouble, Shown::kOpen);
  if (failures.empty() && warnings.empty()) return "";
  return "<h2>To mend</h2>\n" + failures + warnings;
}

std::string group_markup(const CheckReport& report, Group group) {
  std::string rows;
  CheckReport::Counts counts;
  for (const CheckFinding& finding : report.runner.findings) {
    if (requirement(finding.id).group != group) continue;
    if (finding.judgement.verdict == Verdict::kPass) ++counts.passed;
    if (finding.judgement.verdict == Verdict::kFail) ++counts.failed;
    if (finding.judgement.verdict == Verdict::kSkipped) ++counts.skipped;
    rows += finding_markup(report, {&finding, finding.format, {finding.judgement.evidence}}, Shown::kClosed);
  }
  std::string summary = fmt::format("{} passed", counts.passed);
  if (counts.failed > 0) summary += fmt::format(", {} failed", counts.failed);
  if (counts.skipped > 0) summary += fmt::format(", {} skipped", counts.skipped);
  return fmt::format("<h2>{}<span>{}</span></h2>\n{}", escaped(group_title(group)), summary, rows);
}

}  // namespace

std::string html_report(const CheckReport& report) {
  const CheckRunner& runner = report.runner;
  const CheckReport::Counts counts = report.counts();
  const CheckRequest& request = runner.test_bed.request();
  std::vector<std::string> formats;
  for (const BaselineExport& baseline : runner.exports) formats.push_back(baseline.format);
  const std::string_view verdict = report.is_conformant() ? "conformant" : "not conformant";
  std::string text = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<title>Export convention: {}</title><style>{}</style></head><body><main>\n",
      verdict, kStyle);
  text += fmt::format("<h1>Export convention {}: <span class=\"{}\">{}</span></h1>\n", kConventionVersion,
                      report.is_conformant() ? "pass" : "fail", verdict);
  text += fmt::format("<div class=\"soft\"><code>{}</code></div>\n",
                      escaped(fmt::format("{}", fmt::join(request.command, " "))));
  text +=
      fmt::format("<div class=\"soft\">{}; formats {}; {} runs; modelport {}; {}</div>\n", escaped(request.checkpoint),
                  formats.empty() ? "none" : escaped(fmt::format("{}", fmt::join(formats, ", "))),
                  runner.test_bed.records().size(), MODELPORT_VERSION, time_text(std::chrono::system_clock::now()));
  text += fmt::format("<div class=\"tiles\">{}{}{}{}</div>\n", tile("fail", counts.failed, "failed"),
                      tile("warning", counts.warnings, "warnings"), tile("pass", counts.passed, "passed"),
                      tile("skipped", counts.skipped, "skipped"));
  text += failures_markup(report);
  for (const Group group : all_groups()) text += group_markup(report, group);
  return text + "</main></body></html>\n";
}

}  // namespace modelport
