#include "cli/check_run.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <regex>

#include "base/printable.h"
#include "process/process_runner.h"

namespace modelport {

namespace {

using Clock = std::chrono::steady_clock;
using Seen = RunRecord::Seen;

constexpr size_t kLastLines = 12;
constexpr size_t kMostOfALine = 400;
constexpr size_t kMostOfOutput = size_t{1} << 20;
/// How long a run's other processes may take to follow it.
constexpr std::chrono::milliseconds kLinger{1000};

std::string quoted(const std::string& argument) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,@+";
  if (!argument.empty() && argument.find_first_not_of(kPlain) == std::string::npos) return argument;
  std::string text = "'";
  for (const char c : argument) text += c == '\'' ? "'\\''" : std::string(1, c);
  return text + "'";
}

std::string typed(const std::vector<std::string>& arguments) {
  std::string line;
  for (const std::string& argument : arguments) line += (line.empty() ? "" : " ") + quoted(argument);
  return line;
}

std::vector<std::string> all_arguments(const RunPlan& plan) {
  std::vector<std::string> arguments = plan.command;
  for (const auto& [name, value] : plan.arguments) {
    arguments.push_back(name);
    if (!value.empty()) arguments.push_back(value);
  }
  return arguments;
}

/// What the shell does first where standard input is not simply empty.
std::vector<std::string> with_input(const RunPlan& plan, std::vector<std::string> arguments) {
  std::vector<std::string> wrapped;
  if (plan.input == RunPlan::Input::kClosed) wrapped = {"/bin/sh", "-c", "exec \"$@\" <&-", "sh"};
  // script gives it a terminal, on which somebody answers every question with return.
  if (plan.input == RunPlan::Input::kTerminal)
    return {"/bin/sh", "-c", "yes '' | script -qec \"$1\" /dev/null", "sh", typed(arguments)};
  std::ranges::move(arguments, std::back_inserter(wrapped));
  return wrapped;
}

/// Reads the log line by line, as far as a report needs it.
class LogReader {
 public:
  explicit LogReader(RunRecord& record) : record_(record) {}

  void read(Stream stream, std::string_view line) {
    bytes_ += line.size() + 1;
    if (stream == Stream::kStdout && record_.standard_output.size() < kMostOfOutput)
      record_.standard_output += std::string(line) + "\n";
    if (line.empty()) return;
    record_.logged = Seen::kYes;
    const std::string_view begin = line.substr(0, kMostOfALine);
    if (record_.not_utf8.empty() && !is_utf8(line)) record_.not_utf8 = printable(begin);
    record_.last_lines.push_back(printable(begin));
    if (record_.last_lines.size() > kLastLines) record_.last_lines.erase(record_.last_lines.begin());
    static const std::regex form(
        R"(^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}[,.]\d{3} - (DEBUG|INFO|WARNING|ERROR|CRITICAL) - .*)");
    const std::string start(begin);
    if (record_.logged_in_form == Seen::kNo && std::regex_match(start, form)) record_.logged_in_form = Seen::kYes;
    if (start.starts_with("Traceback (most recent call last)")) record_.traceback = Seen::kYes;
    if (start.starts_with("usage: ")) record_.usage = Seen::kYes;
    for (const std::string_view level : {"ERROR", "CRITICAL"}) {
      const size_t at = start.find(level);
      if (at == std::string::npos) continue;
      const size_t message = start.find_first_not_of(" -:", at + level.size());
      record_.last_error = message == std::string::npos ? std::string(level) : printable(start.substr(message));
    }
  }
  uint64_t bytes() const { return bytes_; }

 private:
  RunRecord& record_;
  uint64_t bytes_ = 0;
};

RunRecord::Ended ended_as(const ProcessOutcome& outcome, uint64_t log_bytes) {
  if (log_bytes > kMaxLogBytes) return RunRecord::Ended::kTooLoud;
  if (outcome.ended == ProcessOutcome::Ended::kTimedOut) return RunRecord::Ended::kTimedOut;
  if (outcome.ended == ProcessOutcome::Ended::kStopped) return RunRecord::Ended::kStopped;
  return RunRecord::Ended::kByItself;
}

}  // namespace

std::string RunPlan::argument(std::string_view name) const {
  const auto found = std::ranges::find(arguments, name, &std::pair<std::string, std::string>::first);
  return found == arguments.end() ? "" : found->second;
}

void RunPlan::set(std::string_view name, std::string value) {
  const auto found = std::ranges::find(arguments, name, &std::pair<std::string, std::string>::first);
  if (found == arguments.end()) {
    arguments.emplace_back(name, std::move(value));
  } else {
    found->second = std::move(value);
  }
}

void RunPlan::leave_out(std::string_view name) {
  std::erase_if(arguments, [&](const auto& argument) { return argument.first == name; });
}

std::string RunRecord::ending() const {
  if (ended == Ended::kTimedOut) return fmt::format("not ended after {:.1f} s", seconds);
  if (ended == Ended::kTooLoud) return fmt::format("ended after more than {} MiB of log", kMaxLogBytes >> 20);
  if (exit_code) return fmt::format("exit code {}", *exit_code);
  return fmt::format("signal {} ({})", signal, ::strsignal(signal));
}

Result<RunRecord> run_plan(const RunPlan& plan) {
  RunRecord record;
  record.purpose = plan.purpose;
  std::vector<std::string> arguments = all_arguments(plan);
  record.command_line = printable(typed(arguments));
  ProcessRequest request;
  request.arguments = with_input(plan, std::move(arguments));
  request.environment = plan.environment;
  request.working_directory = plan.work;
  request.timeout = plan.timeout;
  request.grace = plan.stop.grace;
  request.linger = kLinger;
  request.max_file_bytes = plan.max_file_bytes;
  LogReader log(record);
  const auto begin = Clock::now();
  bool sent = false;
  request.on_line = [&](Stream stream, std::string_view line) { log.read(stream, line); };
  request.should_stop = [&] {
    if (sent || log.bytes() > kMaxLogBytes) return true;
    using When = RunPlan::Stop::When;
    const bool due = (plan.stop.when == When::kFirstLine && record.logged == Seen::kYes) ||
                     (plan.stop.when == When::kAfter && Clock::now() - begin >= plan.stop.after);
    if (!due) return false;
    std::error_code ignored;
    if (!std::filesystem::exists(plan.output + "/metadata.json", ignored)) record.stopped_before_end = Seen::kYes;
    sent = true;
    return true;
  };
  record.times.from = std::chrono::system_clock::now();
  TRY(outcome, system_process_runner().run(request));
  record.times.to = std::chrono::system_clock::now();
  record.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  record.exit_code = outcome.exit_code;
  record.signal = outcome.signal;
  record.ended = ended_as(outcome, log.bytes());
  if (outcome.left_behind) record.left_process = Seen::kYes;
  return record;
}

}  // namespace modelport
