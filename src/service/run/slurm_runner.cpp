#include "service/run/slurm_runner.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/log.h"
#include "io/beneath.h"
#include "io/descriptor.h"
#include "process/line_splitter.h"
#include "service/run/slurm_script.h"

namespace modelport {

namespace {

namespace fs = std::filesystem;
using Steady = std::chrono::steady_clock;
using Ended = ConfinedOutcome::Ended;

constexpr auto kTailEvery = std::chrono::milliseconds(200);
constexpr auto kAskEvery = std::chrono::milliseconds(600);
/// How long Slurm's controller may be away before a run counts as lost.
constexpr auto kNoAnswerTimeout = std::chrono::minutes(10);
/// How long a job of an earlier process may take to end.
constexpr auto kEndPatience = std::chrono::seconds(60);
/// Between two tries to submit a job to a controller that does not answer.
constexpr auto kSubmitAgain = std::chrono::seconds(2);
constexpr std::string_view kSlurmSuffix = ".slurm";

/// States in which a job runs no more and will not run again by itself (squeue(1)); all others may pass.
constexpr std::string_view kEndStates[] = {"BOOT_FAIL", "CANCELLED",    "COMPLETED",     "DEADLINE",
                                           "FAILED",    "NODE_FAIL",    "OUT_OF_MEMORY", "PREEMPTED",
                                           "REVOKED",   "SPECIAL_EXIT", "TIMEOUT"};

/// What Slurm's commands say when it is the controller that does not answer, and not the job that is refused.
constexpr std::string_view kAwayWords[] = {"ontact slurm controller", "timed out",  "temporarily unable", "Zero Bytes",
                                           "not responding",          "connection", "Connection"};

struct CommandAnswer {
  int exit_code = 0;  ///< -1 where it was ended.
  std::string out, err;
};

std::string first_line_of(const std::string& text) { return text.substr(0, text.find('\n')); }

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

/// The number of the job of this name that is in the queue or ending still; "" without one.
Result<std::string> job_in_slurm(const std::string& name) {
  TRY(answer, ask_slurm({"squeue", "--noheader", "--name=" + name, "--format=%i"}));
  if (answer.exit_code != 0) return fail(ErrorCode::kUnavailable, "squeue: {}", first_line_of(answer.err));
  return first_line_of(answer.out);
}

void cancel(const std::string& name, StopOrder how) {
  // By name: a service that was killed between sbatch and its answer knows no number.
  std::vector<std::string> command = {"scancel", "--name=" + name};
  if (how == StopOrder::kKill) {
    (void)ask_slurm({"scancel", "--name=" + name, "--full", "--signal=KILL"});
  }
  (void)ask_slurm(std::move(command));
}

/// Nothing of the run is left, and nothing of it begins any more, when this returns; unless Slurm does not answer.
void end_slurm_job(const std::string& name, const SlurmPlace& place) {
  (void)::unlink(place.script().c_str());
  cancel(name, StopOrder::kKill);
  const auto until = Steady::now() + kEndPatience;
  for (auto left = job_in_slurm(name); (!left || !left->empty()) && Steady::now() < until; left = job_in_slurm(name)) {
    std::this_thread::sleep_for(kTailEvery);
    if (!left) cancel(name, StopOrder::kKill);
  }
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
  bool mentions_out_of_memory() const { return mentions_out_of_memory_; }
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
      mentions_out_of_memory_ = true;
    if (request_.on_line) request_.on_line(stream_, line);
  }

  const std::string path_;
  const Stream stream_;
  const ConfinedRequest& request_;
  LineSplitter lines_;
  Descriptor file_;
  off_t offset_ = 0;
  bool mentions_out_of_memory_ = false;
};

class SlurmRun {
 public:
  SlurmRun(const RunnerJob& job, const SlurmOptions& options)
      : job_(job),
        options_(options),
        place_{fmt::format("{}/{}{}", job.work_directory, job.name, kSlurmSuffix)},
        out_(place_.out(), Stream::kStdout, job.request),
        err_(place_.err(), Stream::kStderr, job.request) {}

  Result<ConfinedOutcome> run() {
    auto outcome = submit_and_follow();
    if (!outcome && may_be_there_) end_slurm_job(job_.name, place_);
    (void)remove_tree(place_.directory);
    return outcome;
  }

 private:
  Result<ConfinedOutcome> submit_and_follow() {
    TRY(number, submit());
    if (number.empty()) return ConfinedOutcome{.ended = Ended::kStopped};
    number_ = number;
    if (job_.log_service_line) job_.log_service_line(fmt::format("Slurm job {}", number_));
    return follow();
  }

  /// The job's number; "" where it was told to end before there was one. A controller that does not answer is asked
  /// again, and whether it has the job already first.
  Result<std::string> submit() {
    std::error_code failed;
    fs::create_directories(place_.directory, failed);
    std::ofstream script(place_.script());
    script << slurm_script(job_.request, place_);
    script.close();
    if (failed || !script) return fail(ErrorCode::kUnwritable, "the script for Slurm cannot be written");
    const auto until = Steady::now() + kNoAnswerTimeout;
    for (bool is_logged = false;; is_logged = true) {
      TRY(answer, ask_slurm(command()));
      // "12", or "12;cluster".
      if (answer.exit_code == 0) return answer.out.substr(0, answer.out.find_first_of(";\n"));
      const std::string said = first_line_of(answer.err);
      if (answer.exit_code > 0 && !says_away(answer.err)) return fail(ErrorCode::kUnreadable, "sbatch: {}", said);
      may_be_there_ = true;
      if (const auto there = job_in_slurm(job_.name); there && !there->empty()) return *there;
      if (Steady::now() >= until) return fail(ErrorCode::kInterrupted, "Slurm takes no jobs: {}", said);
      if (!is_logged && job_.log_service_line)
        job_.log_service_line(fmt::format("Slurm does not answer, the job is submitted again: {}", said));
      for (const auto again = Steady::now() + kSubmitAgain; Steady::now() < again;
           std::this_thread::sleep_for(kTailEvery)) {
        if (!is_to_stop()) continue;
        end_slurm_job(job_.name, place_);
        return std::string();
      }
    }
  }

  static bool says_away(std::string_view text) {
    return std::ranges::any_of(kAwayWords, [&](std::string_view word) { return text.find(word) != text.npos; });
  }

  bool is_to_stop() const { return job_.request.should_stop && job_.request.should_stop() != StopOrder::kGoOn; }

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
                                        "--output=" + place_.out(),
                                        "--error=" + place_.err(),
                                        fmt::format("--time={}", minutes)};
    if (request.memory_bytes != UINT64_MAX) command.push_back(fmt::format("--mem={}M", request.memory_bytes >> 20));
    if (!options_.partition.empty()) command.push_back("--partition=" + options_.partition);
    command.insert(command.end(), options_.sbatch.begin(), options_.sbatch.end());
    command.push_back(place_.script());
    return command;
  }

  Result<ConfinedOutcome> follow() {
    may_be_there_ = true;
    auto next_question = Steady::now();
    auto heard = Steady::now();
    while (true) {
      std::this_thread::sleep_for(kTailEvery);
      out_.read();
      err_.read();
      obey();
      if (Steady::now() < next_question) continue;
      next_question = Steady::now() + kAskEvery;
      const auto answer = ask_slurm({"scontrol", "show", "job", number_, "--oneliner"});
      const auto state = answer ? parse_slurm_state(answer->out) : Result<SlurmState>(answer.error());
      if (!state) {
        const std::string said = answer ? first_line_of(answer->err) : answer.error().text();
        const bool is_unknown = said.find("Invalid job id") != std::string::npos;
        if (is_unknown || Steady::now() - heard > kNoAnswerTimeout)
          return fail(ErrorCode::kInterrupted, "Slurm does not answer for job {} any more: {}", number_, said);
        continue;
      }
      heard = Steady::now();
      if (state->name == "RUNNING" && !began_) began_ = Steady::now();
      if (std::ranges::find(kEndStates, state->name) != std::end(kEndStates)) return ended(*state);
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
    if (has_overrun()) end_it(Ended::kTooManyProcesses, StopOrder::kKill);
  }

  bool has_overrun() const {
    std::error_code ignored;
    return fs::exists(place_.overrun(), ignored);
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
    if (why_ == Ended::kByItself && has_overrun()) outcome.ended = Ended::kTooManyProcesses;
    if (outcome.ended != Ended::kByItself) return outcome;
    if (state.name == "TIMEOUT" || state.name == "DEADLINE") {
      outcome.ended = Ended::kTimedOut;
    } else if (state.name == "OUT_OF_MEMORY" || (state.name != "COMPLETED" && err_.mentions_out_of_memory())) {
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
  const SlurmPlace place_;
  Tail out_, err_;
  std::string number_;
  bool may_be_there_ = false;  ///< Slurm may have the job.
  Ended why_ = Ended::kByItself;
  StopOrder ordered_ = StopOrder::kGoOn;
  std::optional<Steady::time_point> began_, asked_to_end_;
  Steady::time_point next_output_check_ = Steady::now();
};

class SlurmRunner final : public Runner {
 public:
  explicit SlurmRunner(SlurmOptions options) : options_(std::move(options)) {}

  Result<ConfinedOutcome> run(const RunnerJob& job) override { return SlurmRun(job, options_).run(); }

 private:
  const SlurmOptions options_;
};

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
    end_slurm_job(name, {entry.path().string()});
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

}  // namespace modelport
