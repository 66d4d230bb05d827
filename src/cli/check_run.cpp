#include "cli/check_run.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <deque>
#include <filesystem>
#include <fstream>
#include <regex>

#include "artifact/readers.h"
#include "base/printable.h"
#include "process/process_runner.h"

namespace modelport {

namespace {

using Steady = std::chrono::steady_clock;
using Seen = RunRecord::Seen;

constexpr size_t kLastLines = 12;
constexpr size_t kMostOfALine = 400;
constexpr size_t kMostOfOutput = size_t{1} << 20;
/// Between SIGTERM and SIGKILL.
constexpr std::chrono::milliseconds kGrace{5000};
/// How long a run's other processes may take to follow it.
constexpr std::chrono::milliseconds kLinger{1000};

volatile std::sig_atomic_t interrupt_signal = 0;

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

/// What is around it, where a run is not a plain one.
std::vector<std::string> wrapped_command(const RunPlan& plan, std::vector<std::string> arguments) {
  std::vector<std::string> wrapped;
  // The command takes the shell's place, and its own background process stops and continues it until it is gone.
  if (plan.stalls == RunPlan::Stalls::kYes)
    wrapped = {"/bin/sh", "-c",
               "(while kill -STOP $$ 2>/dev/null; do sleep 0.03; kill -CONT $$; sleep 0.03; done) & exec \"$@\"", "sh"};
  if (plan.stop.when == RunPlan::Stop::When::kKillAfter)
    wrapped = {"timeout", "--foreground", "-s", "KILL",
               fmt::format("{}", static_cast<double>(plan.stop.after.count()) / 1000)};
  if (plan.disk_bytes) {
    // What lies in it goes with the process that sees it.
    wrapped = {
        "unshare",
        "--mount",
        "/bin/sh",
        "-c",
        "mount -t tmpfs -o size=\"$1\" tmpfs \"$2\" && : > \"$3\" || exit; out=$2 note=$4; shift 4; \"$@\"; code=$?; "
        "[ ! -e \"$out/metadata.json\" ] || : > \"$note\"; exit $code",
        "sh",
        fmt::format("{}", *plan.disk_bytes),
        plan.output,
        plan.mounted_note(),
        plan.metadata_note()};
    if (::geteuid() != 0) wrapped.insert(wrapped.begin() + 1, {"--user", "--map-root-user"});
  }
  if (plan.input == RunPlan::Input::kClosed) wrapped = {"/bin/sh", "-c", "exec \"$@\" <&-", "sh"};
  // script gives it a terminal, on which somebody answers every question with return.
  if (plan.input == RunPlan::Input::kTerminal)
    return {"/bin/sh", "-c", "yes '' | head -n 20 | script -qec \"$1\" /dev/null", "sh", typed(arguments)};
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
    lines_.emplace_back(begin);
    if (lines_.size() > kLastLines) lines_.pop_front();
    static const std::regex form(
        R"(^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}[,.]\d{3} - (DEBUG|INFO|WARNING|ERROR|CRITICAL) - .*)");
    if (record_.logged_in_form == Seen::kNo && begin[0] == '2' && std::regex_match(begin.begin(), begin.end(), form))
      record_.logged_in_form = Seen::kYes;
    if (begin.starts_with("Traceback (most recent call last)")) record_.traceback = Seen::kYes;
    if (begin.starts_with("usage: ")) record_.usage = Seen::kYes;
    for (const std::string_view level : {"ERROR", "CRITICAL"}) {
      const size_t at = begin.find(level);
      if (at == std::string_view::npos) continue;
      const size_t message = begin.find_first_not_of(" -:", at + level.size());
      record_.last_error = printable(message == std::string_view::npos ? level : begin.substr(message));
    }
  }
  void finish() {
    for (const std::string& line : lines_) record_.last_lines.push_back(printable(line));
  }
  uint64_t bytes() const { return bytes_; }

 private:
  RunRecord& record_;
  std::deque<std::string> lines_;
  uint64_t bytes_ = 0;
};

/// The letter of a process's state: 'T' where it is stopped, 'Z' where it has ended.
char state_of(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string text;
  std::getline(file, text);
  const size_t at = text.rfind(')');
  return at == std::string::npos || at + 2 >= text.size() ? 'Z' : text[at + 2];
}

/// Kills a child of this process; its name, or "" where there is none.
std::string kill_a_child(pid_t parent) {
  std::error_code ignored;
  for (const auto& task : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", parent), ignored)) {
    std::ifstream list(task.path() / "children");
    pid_t child = 0;
    if (!(list >> child)) continue;
    std::ifstream file(fmt::format("/proc/{}/comm", child));
    std::string name;
    std::getline(file, name);
    if (::kill(child, SIGKILL) == 0) return printable(name.empty() ? "child" : name);
  }
  return "";
}

/// How far a run is, which is held still for the look.
RunRecord::Progress progress_of(pid_t group, const RunPlan& plan) {
  constexpr int kLooks = 100;
  ::kill(-group, SIGSTOP);
  for (int look = 0; look < kLooks && state_of(group) != 'T' && state_of(group) != 'Z'; ++look) ::usleep(1000);
  const auto is_there = [&](std::string_view name) {
    std::error_code ignored;
    return std::filesystem::exists(fmt::format("{}/{}", plan.output, name), ignored);
  };
  using Progress = RunRecord::Progress;
  const ArtifactFormat* format = find_artifact_format(plan.argument("--export_format"));
  Progress progress = format != nullptr && is_there(format->artifact) ? Progress::kPublishing : Progress::kUnderWay;
  if (state_of(group) != 'T' || is_there("metadata.json")) progress = Progress::kOver;
  ::kill(-group, SIGCONT);
  return progress;
}

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

void note_interrupts() {
  struct sigaction note {};
  note.sa_handler = [](int signal) { interrupt_signal = signal; };
  sigaction(SIGINT, &note, nullptr);
  sigaction(SIGTERM, &note, nullptr);
}

Result<RunRecord> run_plan(const RunPlan& plan) {
  RunRecord record;
  record.purpose = plan.purpose;
  std::vector<std::string> arguments = all_arguments(plan);
  record.command_line = printable(typed(arguments));
  ProcessRequest request;
  request.arguments = wrapped_command(plan, std::move(arguments));
  request.environment = plan.environment;
  request.working_directory = plan.work;
  request.timeout = plan.timeout;
  request.grace = kGrace;
  request.linger = kLinger;
  request.max_file_bytes = plan.max_file_bytes;
  LogReader log(record);
  const auto begin = Steady::now();
  std::optional<Steady::time_point> stopped;
  pid_t group = 0;
  request.on_start = [&](pid_t started) { group = started; };
  request.on_line = [&](Stream stream, std::string_view line) { log.read(stream, line); };
  request.should_stop = [&] {
    if (plan.children == RunPlan::Children::kFirstIsKilled && record.killed_child.empty())
      record.killed_child = kill_a_child(group);
    if (interrupt_signal != 0 || stopped || log.bytes() > kMaxLogBytes) return true;
    using When = RunPlan::Stop::When;
    const bool due = (plan.stop.when == When::kFirstLine && record.logged == Seen::kYes) ||
                     (plan.stop.when == When::kAfter && Steady::now() - begin >= plan.stop.after);
    if (!due) return false;
    record.at_stop = progress_of(group, plan);
    stopped = Steady::now();
    return true;
  };
  record.times.from = std::chrono::system_clock::now();
  const auto finished = system_process_runner().run(request);
  if (!finished) return fail(ErrorCode::kInvalidArgument, "{}", finished.error().text());
  const ProcessOutcome& outcome = *finished;
  if (interrupt_signal != 0) return fail(ErrorCode::kInterrupted, "interrupted by signal {}", int{interrupt_signal});
  log.finish();
  record.times.to = std::chrono::system_clock::now();
  record.seconds = std::chrono::duration<double>(Steady::now() - begin).count();
  record.exit_code = outcome.exit_code;
  record.signal = outcome.signal;
  record.ended = ended_as(outcome, log.bytes());
  if (stopped) {
    record.ended = RunRecord::Ended::kStopped;
    record.seconds_after_stop = std::chrono::duration<double>(Steady::now() - *stopped).count();
  }
  if (outcome.left_behind) record.left_process = Seen::kYes;
  return record;
}

}  // namespace modelport
