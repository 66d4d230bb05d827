#include "cli/check_command.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "base/log.h"
#include "cli/arguments.h"
#include "cli/check_output.h"
#include "cli/check_report.h"
#include "cli/check_run.h"
#include "convention/schema.h"
#include "io/output_file.h"

namespace modelport {

namespace {

constexpr std::string_view kUsage =
    "usage: modelport check --checkpoint FILE [OPTION...] -- COMMAND...\n"
    "       modelport check --output DIR --format FORMAT [--checkpoint FILE] [--json]\n"
    "\n"
    "Runs an exporter as a platform would, such as -- python3 export.py, and judges it by the export convention,\n"
    "requirement by requirement: convention/convention.md. It works on copies in a temporary directory.\n"
    "\n"
    "  --checkpoint FILE  A checkpoint, file or folder, that the exporter exports.\n"
    "  --format FORMAT    One format; without it, every format that the exporter offers.\n"
    "  --timeout SECONDS  For each of its runs; default 600.\n"
    "  --strict           A failed SHOULD counts like a failed MUST.\n"
    "  --hostile          Also a full disk, kills, a machine that stalls and a child that dies.\n"
    "  --json FILE        The report for programs.\n"
    "  --junit FILE       The report for continuous integration.\n"
    "  --html FILE        The report for people: one page that needs nothing else.\n"
    "  --output DIR       Judges what an exporter left there, and runs no exporter: files, metadata.json, both "
    "against\n"
    "                     each other and the checkpoint, and the artifact in its engine. --json prints the findings.\n"
    "\n"
    "Exit codes: 0 conformant, 1 not, 2 the check itself failed, 3 wrong arguments.\n";

constexpr int kConformant = 0, kNotConformant = 1, kCheckFailed = 2;
constexpr int kDefaultTimeoutSeconds = 600;

constexpr Option kOptions[] = {
    {"--checkpoint", Option::Takes::kOne}, {"--format", Option::Takes::kOne},      {"--timeout", Option::Takes::kOne},
    {"--strict", Option::Takes::kNothing}, {"--hostile", Option::Takes::kNothing}, {"--json", Option::Takes::kOne},
    {"--junit", Option::Takes::kOne},      {"--html", Option::Takes::kOne},        {"--help", Option::Takes::kNothing},
    {"-h", Option::Takes::kNothing},
};

Result<std::chrono::milliseconds> read_timeout(const std::string& text) {
  if (text.empty()) return std::chrono::milliseconds(std::chrono::seconds(kDefaultTimeoutSeconds));
  double seconds = 0.0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  constexpr double kMost = 86400.0;
  if (failed != std::errc() || end != text.data() + text.size() || !(seconds > 0.0 && seconds <= kMost))
    return fail(ErrorCode::kInvalidArgument, "--timeout is a number of seconds up to {}, not {}", kMost, text);
  return std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000.0));
}

Result<CheckRequest> read_request(const GivenArguments& given, std::vector<std::string> command) {
  if (!given.positional.empty())
    return fail(ErrorCode::kInvalidArgument, "{} stands alone; the exporter's command stands behind --",
                given.positional[0]);
  if (!given.has("--checkpoint")) return fail(ErrorCode::kInvalidArgument, "check needs --checkpoint FILE");
  if (command.empty())
    return fail(ErrorCode::kInvalidArgument,
                "check needs the exporter's command behind --, such as -- python3 export.py");
  CheckRequest request;
  request.command = std::move(command);
  request.checkpoint = given.value("--checkpoint");
  if (const std::string format = given.value("--format"); !format.empty()) {
    if (std::ranges::find(kConventionFormats, format) == std::end(kConventionFormats))
      return fail(ErrorCode::kInvalidArgument, "--format {} is no format of the convention", format);
    request.formats = {format};
  }
  TRY(timeout, read_timeout(given.value("--timeout")));
  request.timeout = timeout;
  if (given.has("--hostile")) request.fault_tests = CheckRequest::FaultTests::kHostile;
  return request;
}

Status write_file(const std::string& path, const std::string& text) {
  TRY(file, OutputFile::create(path));
  CHECK_OK(file.append(std::as_bytes(std::span(text))));
  return file.finish();
}

struct ReportFile {
  std::string_view option;
  std::string (*print)(const CheckReport& report);
};
constexpr ReportFile kReportFiles[] = {{"--json", json_report}, {"--junit", junit_report}, {"--html", html_report}};

Result<int> check(const CheckRequest& request, const GivenArguments& given) {
  note_interrupts();
  TRY(runner, run_checks(request));
  const CheckReport report{runner, given.has("--strict") ? Strictness::kMustAndShould : Strictness::kMust};
  for (const ReportFile& file : kReportFiles) {
    if (given.has(file.option)) CHECK_OK(write_file(given.value(file.option), file.print(report)));
  }
  const std::string text = text_report(report);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return report.is_conformant() ? kConformant : kNotConformant;
}

}  // namespace

Result<int> run_check_command(std::span<const std::string> arguments) {
  if (asks_for_output(arguments)) return check_output(arguments);
  const auto separator = std::ranges::find(arguments, "--");
  const std::span<const std::string> own(arguments.begin(), separator);
  std::vector<std::string> command;
  if (separator != arguments.end()) command.assign(separator + 1, arguments.end());
  TRY(given, read_arguments("check", own, kOptions));
  if (given.has("--help") || given.has("-h")) {
    std::fwrite(kUsage.data(), 1, kUsage.size(), stdout);
    return 0;
  }
  TRY(request, read_request(given, std::move(command)));
  auto code = check(request, given);
  if (code || code.error().code == ErrorCode::kInvalidArgument) return code;
  log_error("{}", code.error().text());
  return kCheckFailed;
}

}  // namespace modelport
