#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "cli/check_run.h"

namespace modelport {

/// What is checked, as given on the command line.
struct CheckRequest {
  std::vector<std::string> command;  ///< What stands behind "--".
  std::string checkpoint;
  std::vector<std::string> formats;  ///< Empty: all that are offered.
  std::chrono::milliseconds timeout{0};
  enum class FaultTests { kNone, kHostile } fault_tests = FaultTests::kNone;
};

/// A temporary folder in which an exporter runs on copies: of the checkpoint, whole and damaged, and a folder a run.
/// It also notices what runs do beside exporting. The original checkpoint is only read.
class TestBed {
 public:
  /// kInvalidArgument for a checkpoint or command that is not there; kUnwritable.
  static Result<TestBed> make(const CheckRequest& request);
  TestBed(TestBed&& other) noexcept;
  TestBed& operator=(TestBed&&) = delete;
  ~TestBed();

  /// A run on the good checkpoint into an output directory of its own, which exists and is empty, with a working
  /// directory and a temporary directory of its own.
  RunPlan plan(std::string purpose, const std::string& format);
  /// Runs it and notes what it did to its environment. Gives the record's number.
  Result<size_t> run(const RunPlan& plan);
  /// Both at the same time; they share working and temporary directory if the plans say so.
  Result<std::pair<size_t, size_t>> run_together(const RunPlan& a, const RunPlan& b);
  const RunRecord& record(size_t number) const { return records_[number]; }
  const std::vector<RunRecord>& records() const { return records_; }

  /// From now on runs have this; for exporters that need more than the three required arguments or another directory.
  void always_give_config() { gives_config_ = true; }
  void always_work_in(std::string directory) { work_ = std::move(directory); }
  bool works_elsewhere() const { return work_.empty(); }
  const std::string& caller_directory() const { return caller_directory_; }

  const CheckRequest& request() const { return request_; }
  const std::filesystem::path& root() const { return root_; }
  const std::filesystem::path& checkpoint() const { return checkpoint_; }
  /// The same checkpoint under a path with spaces and letters beyond ASCII.
  const std::filesystem::path& oddly_named_checkpoint() const { return odd_checkpoint_; }
  enum class Damage { kMissing, kTruncated, kEmpty };
  /// A copy with this damage to it, or, where it is a directory, to its largest file.
  Result<std::filesystem::path> damaged_checkpoint(Damage damage);

  /// The command with the exporter's own folder replaced by a copy of it alone. Nothing where it has no folder of its
  /// own that could be copied, with the reason in `why_not`.
  struct IsolatedCopy {
    std::vector<std::string> command;
    std::filesystem::path folder;
    std::map<std::string, std::string> environment;  ///< PYTHONPATH without what leads to the original.
  };
  std::optional<IsolatedCopy> isolated_copy(std::string& why_not);

  /// What was noticed first, and in which run: by requirement ("EXP-081").
  struct Noticed {
    std::string evidence;
    size_t run = 0;
  };
  const std::map<std::string, Noticed, std::less<>>& noticed() const { return noticed_; }
  void notice(std::string_view id, std::string evidence, size_t run);

 private:
  using Snapshot = std::map<std::string, std::string>;

  TestBed(CheckRequest request, std::filesystem::path root);
  Status copy_checkpoint();
  std::filesystem::path checkpoint_folder(size_t i) const {
    return (i == 0 ? checkpoint_ : odd_checkpoint_).parent_path();
  }
  void note_environment(const RunPlan& plan, size_t number);
  void note_processes(size_t number);

  CheckRequest request_;
  std::filesystem::path root_, checkpoint_, odd_checkpoint_;
  std::string caller_directory_, work_;
  bool gives_config_ = false;
  std::array<Snapshot, 2> checkpoint_states_;  ///< Of the folders of both names.
  std::set<std::string> own_names_;            ///< What the test_bed itself put into root.
  std::vector<RunRecord> records_;
  std::map<std::string, Noticed, std::less<>> noticed_;
  size_t folders_ = 0;
};

/// Ends and reaps every child that this process has: those that others left to it.
void end_orphans();

/// Names, sizes and times of everything below a path; what changes it changes this.
std::map<std::string, std::string> snapshot_of(const std::filesystem::path& path);
/// The first difference between two snapshots: "x was added"; empty where there is none.
std::string first_change(const std::map<std::string, std::string>& before,
                         const std::map<std::string, std::string>& after);

}  // namespace modelport
