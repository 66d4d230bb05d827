#include "service/run/slurm_runner.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/log.h"
#include "io/beneath.h"
#include "io/descriptor.h"
#include "process/line_splitter.h"

namespace modelport {

namespace {

namespace fs = std::filesystem;
using Steady = std::chrono::steady_clock;
using Ended = ConfinedOutcome::Ended;

constexpr auto kTailEvery = std::chrono::milliseconds(200);
constexpr auto kAskEvery = std::chrono::milliseconds(600);
/// How long Slurm's controller may be away before a run counts as lost.
constexpr auto kSilence = std::chrono::minutes(10);
/// How long a job of an earlier process may take to end.
constexpr auto kEndPatience = std::chrono::seconds(60);
constexpr std::string_view kSlurmSuffix = ".slurm";

/// 'it'\''s'
std::string shell_word(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

struct CommandAnswer {
  int exit_code = 0;
  std::string out, err;
};

Result<CommandAnswer> ask_slurm(std::vector<std::string> arguments) {
  CommandAnswer answer;
  ProcessRequest request;
  request.arguments = std::move(arguments);
  request.timeout = std::chrono::seconds(60);
  request.on_line = [&](Stream stream, std::string_view line) {
    (stream == Stream::kStdout ? answer.out : answer.err) += std::string(line) + "\n";
  };
  TRY(outcome, system_process_runner().run(request));
  answer.exit_code = outcome.exit_code.value_or(-1);
  return answer;
}

void cancel(const std::string& name, StopOrder how) {
  // By name: a service that was killed between sbatch and its answer knows no number.
  std::vector<std::string> command = {"scancel", "--name=" + name};
  if (how == StopOrder::kKill) {
    (void)ask_slurm({"scancel", "--name=" + name, "--full", "--signal=KILL"});
  }
  (void)ask_slurm(std::move(command));
}

/// A file that grows on a node, read as far as it is.
class Tail {
 public:
  Tail(std::string path, Stream stream, const ConfinedRequest& request)
      : path_(std::move(path)), stream_(stream), request_(request), lines_(request.max_line_bytes) {}

  void read() {
    if (!file_.is_open()) open();
    if (!file_.is_open()) return;
    char piece[65536];
    for (ssize_t count; (count = ::pread(file_.get(), piece, sizeof piece, offset_)) > 0;) {
      offset_ += count;
      lines_.feed({piece, static_cast<size_t>(count)}, [&](std::string_view line) { emit(line); });
    }
  }
  /// Whether Slurm wrote that memory was what ended it: without cgroups its state says no more than a signal.
  bool speaks_of_memory() const { return speaks_of_memory_; }
  void finish() {
    read();
    lines_.finish([&](std::string_view line) { emit(line); });
  }

 private:
  void open() {
    Descriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    struct stat info {};
    if (file.is_open() && ::fstat(file.get(), &info) == 0 && S_ISREG(info.st_mode)) file_ = std::move(file);
  }
  void emit(std::string_view line) {
    if (line.starts_with("slurmstepd") && (line.find("memory limit") != line.npos || line.find("oom") != line.npos))
      speaks_of_memory_ = true;
    if (request_.on_line) request_.on_line(stream_, line);
  }

  const std::string path_;
  const Stream stream_;
  const ConfinedRequest& request_;
  LineSplitter lines_;
  Descriptor file_;
  off_t offset_ = 0;
  bool speaks_of_memory_ = false;
};

class SlurmRun {
 public:
  SlurmRun(const RunnerJob& job, const SlurmOptions& options)
      : job_(job),
        options_(options),
        place_(fmt::format("{}/{}{}", job.work_directory, job.name, kSlurmSuffix)),
        out_(place_ + "/stdout", Stream::kStdout, job.request),
        err_(place_ + "/stderr", Stream::kStderr, job.request) {}

  Result<ConfinedOutcome> run() {
    TRY(number, submit());
    number_ = number;
    if (job_.say) job_.say(fmt::format("Slurm job {}", number_));
    return follow();
  }

 private:
  Result<std::string> submit() {
    std::error_code failed;
    fs::create_directories(place_, failed);
    std::ofstream script(place_ + "/script.sh");
    script << slurm_script(job_.request);
    script.close();
    if (failed || !script) return fail(ErrorCode::kUnwritable, "the script for Slurm cannot be written");
    TRY(answer, ask_slurm(command()));
    if (answer.exit_code != 0)
      return fail(ErrorCode::kUnreadable, "sbatch refuses the job: {}", answer.err.substr(0, answer.err.find('\n')));
    // "12", or "12;cluster".
    return answer.out.substr(0, answer.out.find_first_of(";\n"));
  }

  std::vector<std::string> command() const {
    const ConfinedRequest& request = job_.request;
    // Of Slurm's own limits this is the last: ours ends the run sooner and more exactly.
    const auto minutes = std::chrono::ceil<std::chrono::minutes>(request.timeout + request.grace).count() + 1;
    std::vector<std::string> command = {"sbatch",
                                        "--parsable",
                                        "--job-name=" + job_.name,
                                        "--no-requeue",
                                        "--export=NIL",
                                        "--propagate=NONE",
                                        "--chdir=" + request.working_directory,
                                        "--output=" + place_ + "/stdout",
                                        "--error=" + place_ + "/stderr",
                                        fmt::format("--time={}", minutes)};
    if (request.memory_bytes != UINT64_MAX) command.push_back(fmt::format("--mem={}M", request.memory_bytes >> 20));
    if (!options_.partition.empty()) command.push_back("--partition=" + options_.partition);
    command.insert(command.end(), options_.sbatch.begin(), options_.sbatch.end());
    command.push_back(place_ + "/script.sh");
    return command;
  }

  Result<ConfinedOutcome> follow() {
    auto next_question = Steady::now();
    auto heard = Steady::now();
    while (true) {
      std::this_thread::sleep_for(kTailEvery);
      out_.read();
      err_.read();
      obey();
      if (Steady::now() < next_question) continue;
      next_question = Steady::now() + kAskEvery;
      TRY(answer, ask_slurm({"scontrol", "show", "job", number_, "--oneliner"}));
      if (answer.exit_code != 0) {
        const bool is_unknown = answer.err.find("Invalid job id") != std::string::npos;
        if (is_unknown || Steady::now() - heard > kSilence) {
          cancel(job_.name, StopOrder::kKill);
          return fail(ErrorCode::kInterrupted, "Slurm does not answer for job {} any more: {}", number_,
                      answer.err.substr(0, answer.err.find('\n')));
        }
        continue;
      }
      heard = Steady::now();
      TRY(state, parse_slurm_state(answer.out));
      if (state.name == "RUNNING" && !began_) began_ = Steady::now();
      if (state.name == "PENDING" || state.name == "CONFIGURING" || state.name == "RUNNING" ||
          state.name == "COMPLETING" || state.name == "SUSPENDED" || state.name == "STOPPED" ||
          state.name == "SIGNALING" || state.name == "STAGE_OUT")
        continue;
      return ended(state);
    }
  }

  /// Ends it for a reason of ours: an order, time, output.
  void obey() {
    const ConfinedRequest& request = job_.request;
    const StopOrder order = request.should_stop ? request.should_stop() : StopOrder::kGoOn;
    if (order != StopOrder::kGoOn) {
      end_it(Ended::kStopped, order);
    } else if (began_ && Steady::now() - *began_ > request.timeout) {
      end_it(Ended::kTimedOut, StopOrder::kTerminate);
    } else if (Steady::now() >= next_output_check_ && request.is_over_output_limit) {
      next_output_check_ = Steady::now() + std::chrono::seconds(1);
      if (request.is_over_output_limit()) end_it(Ended::kOutputLimit, StopOrder::kTerminate);
    }
  }

  void end_it(Ended why, StopOrder how) {
    if (why_ == Ended::kByItself) why_ = why;
    const bool is_overdue = asked_to_end_ && Steady::now() - *asked_to_end_ > job_.request.grace;
    const StopOrder wanted = is_overdue ? StopOrder::kKill : how;
    if (ordered_ == StopOrder::kKill || ordered_ == wanted) return;
    ordered_ = wanted;
    if (!asked_to_end_) asked_to_end_ = Steady::now();
    cancel(job_.name, wanted);
  }

  Result<ConfinedOutcome> ended(const SlurmState& state) {
    out_.finish();
    err_.finish();
    ConfinedOutcome outcome;
    outcome.duration = Steady::now() - began_.value_or(Steady::now());
    outcome.ended = why_;
    if (why_ != Ended::kByItself) return outcome;
    if (state.name == "TIMEOUT" || state.name == "DEADLINE") {
      outcome.ended = Ended::kTimedOut;
    } else if (state.name == "OUT_OF_MEMORY" || (state.name != "COMPLETED" && err_.speaks_of_memory())) {
      outcome.ended = Ended::kOutOfMemory;
      outcome.peak_resident_bytes = job_.request.memory_bytes;
    } else if (state.name == "COMPLETED" || state.name == "FAILED") {
      outcome.signal = state.signal;
      if (state.signal == 0) outcome.exit_code = state.exit_code;
    } else {
      return fail(ErrorCode::kInterrupted, "Slurm ended job {}: {}", number_, state.name);
    }
    return outcome;
  }

  const RunnerJob& job_;
  const SlurmOptions& options_;
  const std::string place_;
  Tail out_, err_;
  std::string number_;
  Ended why_ = Ended::kByItself;
  StopOrder ordered_ = StopOrder::kGoOn;
  std::optional<Steady::time_point> began_, asked_to_end_;
  Steady::time_point next_output_check_ = Steady::now();
};

class SlurmRunner final : public Runner {
 public:
  explicit SlurmRunner(SlurmOptions options) : options_(std::move(options)) {}

  Result<ConfinedOutcome> run(const RunnerJob& job) override {
    auto outcome = SlurmRun(job, options_).run();
    (void)remove_tree(fmt::format("{}/{}{}", job.work_directory, job.name, kSlurmSuffix));
    return outcome;
  }

 private:
  const SlurmOptions options_;
};

/// Whether a job of this name is in the queue or ending still.
Result<bool> left_in_slurm(const std::string& name) {
  TRY(answer, ask_slurm({"squeue", "--noheader", "--name=" + name, "--format=%i"}));
  return answer.exit_code == 0 && !answer.out.empty();
}

int number_behind(std::string_view line, std::string_view key, char after) {
  const size_t at = line.find(key);
  if (at == std::string_view::npos) return 0;
  std::string_view text = line.substr(at + key.size());
  if (after != '=') text.remove_prefix(std::min(text.size(), text.find(after) + 1));
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

std::unique_ptr<Runner> make_slurm_runner(SlurmOptions options) {
  return std::make_unique<SlurmRunner>(std::move(options));
}

void end_slurm_jobs(const std::string& work_directory) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(work_directory, ignored)) {
    if (entry.path().extension() != kSlurmSuffix) continue;
    const std::string name = entry.path().stem().string();
    log_info("ending the Slurm job {} of an earlier process", name);
    cancel(name, StopOrder::kKill);
    const auto until = Steady::now() + kEndPatience;
    for (auto left = left_in_slurm(name); left && *left && Steady::now() < until; left = left_in_slurm(name))
      std::this_thread::sleep_for(kTailEvery);
  }
}

Result<SlurmState> parse_slurm_state(std::string_view line) {
  constexpr std::string_view kKey = " JobState=";
  const size_t at = line.find(kKey);
  if (at == std::string_view::npos) return fail(ErrorCode::kDamaged, "scontrol says no JobState");
  SlurmState state;
  const std::string_view text = line.substr(at + kKey.size());
  state.name = text.substr(0, text.find_first_of(" \n"));
  state.exit_code = number_behind(line, " ExitCode=", '=');
  state.signal = number_behind(line, " ExitCode=", ':');
  return state;
}

std::string slurm_script(const ConfinedRequest& request) {
  std::string script = "#!/bin/sh\n";
  for (const auto& [name, value] : request.environment)
    script += fmt::format("export {}={}\n", name, shell_word(value));
  script += fmt::format("ulimit -n {}\n", request.open_files);
  if (request.file_bytes != UINT64_MAX) script += fmt::format("ulimit -f {}\n", request.file_bytes / 512);
  script += "exec";
  for (const std::string& argument : request.arguments) script += " " + shell_word(argument);
  return script + "\n";
}

}  // namespace modelport
