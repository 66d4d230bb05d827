#include "cli/check_test_bed.h"

#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "base/printable.h"

namespace modelport {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kOddName = "Prüf stück 模型";

/// Marks that interpreters and libraries leave of their own accord: Python's cache, ONNX Runtime's session.
bool is_cache(const fs::path& path) {
  return path.filename() == "__pycache__" || path.extension() == ".pyc" || path.filename() == ".ses";
}

/// The exporter's arguments that name files become absolute: runs have other working directories.
std::vector<std::string> with_absolute_files(std::vector<std::string> command) {
  for (size_t i = 0; i < command.size(); ++i) {
    std::error_code ignored;
    // A program without a slash is looked up on PATH.
    if (i == 0 && command[i].find('/') == std::string::npos) continue;
    if (fs::is_regular_file(command[i], ignored)) command[i] = fs::absolute(command[i]).lexically_normal().string();
  }
  return command;
}

/// Children of this process that are there now.
std::set<pid_t> children() {
  std::set<pid_t> found;
  std::ifstream list(fmt::format("/proc/self/task/{}/children", ::gettid()));
  for (pid_t pid = 0; list >> pid;) found.insert(pid);
  return found;
}

std::string name_of(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/comm", pid));
  std::string name;
  std::getline(file, name);
  return printable(name);
}

/// Copies a file or a folder, as links where both lie on one file system.
void mirror(const fs::path& from, const fs::path& to, std::error_code& failed) {
  if (fs::is_directory(from)) {
    fs::create_directories(to, failed);
    for (const auto& entry : fs::directory_iterator(from, failed))
      mirror(entry.path(), to / entry.path().filename(), failed);
    return;
  }
  std::error_code no_link;
  fs::create_hard_link(from, to, no_link);
  if (no_link) fs::copy_file(from, to, failed);
}

/// The file itself, or the largest of a folder.
fs::path largest_file(const fs::path& path) {
  if (!fs::is_directory(path)) return path;
  fs::path largest;
  uint64_t size = 0;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    if (!entry.is_regular_file() || (!largest.empty() && entry.file_size() <= size)) continue;
    largest = entry.path();
    size = entry.file_size();
  }
  return largest;
}

}  // namespace

void end_orphans() {
  for (const pid_t pid : children()) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
}

std::map<std::string, std::string> snapshot_of(const fs::path& path) {
  std::map<std::string, std::string> snapshot;
  const auto add = [&](const fs::path& entry) {
    struct stat status {};
    if (::lstat(entry.c_str(), &status) != 0) return;
    // A directory changes with what lies in it, which is told by that.
    const bool folder = S_ISDIR(status.st_mode);
    snapshot[entry.lexically_relative(path).string()] =
        folder ? "folder"
               : fmt::format("{} {} {}.{:09} {}.{:09}", status.st_ino, status.st_size, status.st_mtim.tv_sec,
                             status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec);
  };
  add(path);
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) return snapshot;
  for (auto at = fs::recursive_directory_iterator(path, ignored); at != fs::recursive_directory_iterator();
       at.increment(ignored)) {
    if (is_cache(at->path())) {
      at.disable_recursion_pending();
    } else {
      add(at->path());
    }
  }
  return snapshot;
}

std::string first_change(const std::map<std::string, std::string>& before,
                         const std::map<std::string, std::string>& after) {
  for (const auto& [name, state] : after) {
    const auto was = before.find(name);
    if (was == before.end()) return fmt::format("{} was added", printable(name));
    if (was->second != state) return fmt::format("{} was changed", name == "." ? "it" : printable(name));
  }
  for (const auto& [name, state] : before) {
    if (!after.contains(name)) return fmt::format("{} was removed", name == "." ? "it" : printable(name));
  }
  return "";
}

TestBed::TestBed(CheckRequest request, fs::path root)
    : request_(std::move(request)), root_(std::move(root)), caller_directory_(fs::current_path().string()) {}

TestBed::TestBed(TestBed&& other) noexcept
    : request_(std::move(other.request_)),
      root_(std::exchange(other.root_, "")),
      checkpoint_(std::move(other.checkpoint_)),
      odd_checkpoint_(std::move(other.odd_checkpoint_)),
      caller_directory_(std::move(other.caller_directory_)),
      work_(std::move(other.work_)),
      gives_config_(other.gives_config_),
      checkpoint_states_(std::move(other.checkpoint_states_)),
      own_names_(std::move(other.own_names_)),
      records_(std::move(other.records_)),
      noticed_(std::move(other.noticed_)),
      folders_(other.folders_) {}

TestBed::~TestBed() {
  if (root_.empty()) return;
  std::error_code ignored;
  for (auto at = fs::recursive_directory_iterator(root_, ignored); at != fs::recursive_directory_iterator();
       at.increment(ignored)) {
    if (at->is_directory(ignored) && !at->is_symlink(ignored))
      fs::permissions(at->path(), fs::perms::owner_all, fs::perm_options::add, ignored);
  }
  fs::remove_all(root_, ignored);
}

Result<TestBed> TestBed::make(const CheckRequest& request) {
  std::error_code ignored;
  if (!fs::exists(request.checkpoint, ignored))
    return fail(ErrorCode::kInvalidArgument, "the checkpoint {} does not exist", request.checkpoint);
  std::string root = (fs::temp_directory_path() / "modelport-check-XXXXXX").string();
  if (::mkdtemp(root.data()) == nullptr) return fail(ErrorCode::kUnwritable, "{} cannot be made", root);
  CheckRequest absolute = request;
  absolute.command = with_absolute_files(std::move(absolute.command));
  absolute.checkpoint = fs::absolute(request.checkpoint).lexically_normal().string();
  TestBed test_bed(std::move(absolute), fs::path(root));
  CHECK_OK(test_bed.copy_checkpoint());
  // Whatever a run leaves behind becomes a child of this process, and is found.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  return test_bed;
}

Status TestBed::copy_checkpoint() {
  fs::path original = request_.checkpoint;
  if (original.filename().empty()) original = original.parent_path();
  checkpoint_ = root_ / "checkpoint" / original.filename();
  odd_checkpoint_ = root_ / kOddName / original.filename();
  own_names_.insert({"checkpoint", std::string(kOddName)});
  std::error_code failed;
  for (const fs::path& folder : {checkpoint_.parent_path(), odd_checkpoint_.parent_path()}) {
    fs::remove_all(folder, failed);
    fs::create_directories(folder, failed);
  }
  fs::copy(original, checkpoint_, fs::copy_options::recursive, failed);
  if (!failed) mirror(checkpoint_, odd_checkpoint_, failed);
  if (failed) return fail(ErrorCode::kUnwritable, "{} cannot be copied: {}", original.string(), failed.message());
  // Both are links to the same files, whose change times the links themselves have changed.
  for (size_t i = 0; i < checkpoint_states_.size(); ++i) checkpoint_states_[i] = snapshot_of(checkpoint_folder(i));
  return {};
}

RunPlan TestBed::plan(std::string purpose, const std::string& format) {
  RunPlan plan;
  plan.purpose = std::move(purpose);
  plan.command = request_.command;
  plan.timeout = request_.timeout;
  const std::string name = fmt::format("run-{}", ++folders_);
  own_names_.insert(name);
  plan.folder = (root_ / name).string();
  plan.work = work_.empty() ? plan.folder + "/work" : work_;
  plan.output = plan.folder + "/place/out";
  std::error_code ignored;
  for (const char* folder : {"/work", "/tmp", "/place/out"}) fs::create_directories(plan.folder + folder, ignored);
  plan.environment = {{"TMPDIR", plan.folder + "/tmp"}, {"LC_ALL", "C.UTF-8"}};
  plan.arguments = {
      {"--checkpoint_path", checkpoint_.string()}, {"--export_format", format}, {"--output_dir", plan.output}};
  if (gives_config_) plan.arguments.emplace_back("--export_config", "{}");
  return plan;
}

Result<size_t> TestBed::run(const RunPlan& plan) {
  TRY(record, run_plan(plan));
  records_.push_back(std::move(record));
  note_environment(plan, records_.size() - 1);
  note_processes(records_.size() - 1);
  return records_.size() - 1;
}

Result<std::pair<size_t, size_t>> TestBed::run_together(const RunPlan& a, const RunPlan& b) {
  std::optional<Result<RunRecord>> other;
  std::thread beside([&] { other.emplace(run_plan(b)); });
  auto first = run_plan(a);
  beside.join();
  if (!first) return std::move(first).error();
  if (!*other) return std::move(*other).error();
  records_.push_back(*std::move(first));
  records_.push_back(**std::move(other));
  for (size_t i = records_.size() - 2; i < records_.size(); ++i) {
    note_environment(i + 1 == records_.size() ? b : a, i);
    note_processes(i);
  }
  return std::pair(records_.size() - 2, records_.size() - 1);
}

void TestBed::notice(std::string_view id, std::string evidence, size_t run) {
  noticed_.try_emplace(std::string(id), Noticed{std::move(evidence), run});
}

void TestBed::note_environment(const RunPlan& plan, size_t number) {
  const RunRecord& record = records_[number];
  if (plan.noticed == RunPlan::Noticed::kNothing) return;
  if (record.ended == RunRecord::Ended::kTimedOut) notice("EXP-100", record.ending(), number);
  if (record.ended == RunRecord::Ended::kTooLoud) notice("EXP-074", record.ending(), number);
  if (!record.not_utf8.empty()) notice("EXP-075", record.not_utf8, number);
  for (size_t i = 0; i < checkpoint_states_.size(); ++i) {
    const std::string change = first_change(checkpoint_states_[i], snapshot_of(checkpoint_folder(i)));
    if (change.empty()) continue;
    const bool beside = change.ends_with(" was added") && !change.starts_with(checkpoint_.filename().string() + "/");
    notice(beside ? "EXP-082" : "EXP-081", "in the checkpoint's directory, " + change, number);
    static_cast<void>(copy_checkpoint());
  }
  std::error_code ignored;
  const auto look = [&](const fs::path& folder, const std::set<std::string>& expected, std::string_view what,
                        std::string_view id) {
    for (const auto& entry : fs::directory_iterator(folder, ignored)) {
      const std::string name = entry.path().filename().string();
      if (!expected.contains(name) && !is_cache(entry.path()))
        notice(id, fmt::format("{} holds {}", what, printable(name)), number);
    }
  };
  if (plan.work == root_.string()) {
    look(plan.work, own_names_, "the working directory", "EXP-082");
  } else if (plan.work.starts_with(plan.folder + "/")) {
    look(plan.work, {}, "the working directory", "EXP-082");
  }
  look(plan.folder + "/place", {fs::path(plan.output).filename().string(), "file"}, "the directory of output_dir",
       "EXP-082");
  // Whoever is killed cannot tidy up.
  if (record.ended == RunRecord::Ended::kByItself && record.exit_code)
    look(plan.folder + "/tmp", {}, "the temporary directory", "EXP-083");
}

void TestBed::note_processes(size_t number) {
  constexpr int kLooks = 20;
  if (records_[number].left_process == RunRecord::Seen::kYes)
    notice("EXP-102", "a process of it still ran 1 s after its end", number);
  for (int look = 0; look < kLooks; ++look) {
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    const std::set<pid_t> left = children();
    if (left.empty()) return;
    if (look + 1 < kLooks) {
      ::usleep(50'000);
      continue;
    }
    for (const pid_t pid : left)
      notice("EXP-102", fmt::format("process {} ({}) still runs", pid, name_of(pid)), number);
    end_orphans();
  }
}

Result<fs::path> TestBed::damaged_checkpoint(Damage damage) {
  const std::string name = damage == Damage::kMissing     ? "missing"
                           : damage == Damage::kTruncated ? "truncated"
                                                          : "empty";
  const fs::path folder = root_ / name;
  own_names_.insert(name);
  const fs::path copy = folder / checkpoint_.filename();
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (damage == Damage::kMissing && !fs::is_directory(checkpoint_)) return copy;
  fs::copy(checkpoint_, copy, fs::copy_options::recursive, failed);
  const fs::path file = largest_file(copy);
  if (damage == Damage::kMissing) fs::remove(file, failed);
  if (damage == Damage::kTruncated) fs::resize_file(file, fs::file_size(file) / 2, failed);
  if (damage == Damage::kEmpty) fs::resize_file(file, 0, failed);
  if (failed) return fail(ErrorCode::kUnwritable, "{} cannot be made: {}", copy.string(), failed.message());
  return copy;
}

}  // namespace modelport
