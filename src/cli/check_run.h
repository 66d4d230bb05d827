#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "convention/check_export.h"

namespace modelport {

/// One run of the exporter under test: what is given to it, and where.
struct RunPlan {
  std::string purpose;                                         ///< "a truncated checkpoint", for the report.
  std::vector<std::string> command;                            ///< What the arguments follow.
  std::vector<std::pair<std::string, std::string>> arguments;  ///< Name and value; a value may be empty: a flag.
  std::string folder;                                          ///< Of this run alone.
  std::string work;                                            ///< Working directory.
  std::string output;                                          ///< Where --output_dir leads, absolute.
  std::map<std::string, std::string> environment;
  enum class Input { kEmpty, kClosed, kTerminal } input = Input::kEmpty;
  std::chrono::milliseconds timeout{0};
  std::optional<uint64_t> max_file_bytes;
  /// Size of a file system of its own for the output directory, which is gone afterwards; what was there is told by
  /// files beside it.
  std::optional<uint64_t> disk_bytes;
  enum class Stalls { kNo, kYes } stalls = Stalls::kNo;  ///< Whether it is stopped and continued all the time.
  enum class Children { kLive, kFirstIsKilled } children = Children::kLive;
  /// When SIGTERM, or SIGKILL, is sent: never; when the first line is logged; after a time.
  struct Stop {
    enum class When { kNever, kFirstLine, kAfter, kKillAfter } when = When::kNever;
    std::chrono::milliseconds after{0};
  } stop;

  /// Whether what it does beside exporting is held against the exporter.
  enum class Noticed { kEverything, kNothing } noticed = Noticed::kEverything;

  /// Made when the file system was there, and when metadata.json was left in it.
  std::string mounted_note() const { return folder + "/mounted"; }
  std::string metadata_note() const { return folder + "/metadata-was-there"; }

  std::string argument(std::string_view name) const;
  void set(std::string_view name, std::string value);
  void leave_out(std::string_view name);
};

/// How it went.
struct RunRecord {
  std::string purpose;
  std::string command_line;      ///< As one would type it.
  std::optional<int> exit_code;  ///< Absent where a signal ended it.
  int signal = 0;
  enum class Ended { kByItself, kTimedOut, kStopped, kTooLoud } ended = Ended::kByItself;
  double seconds = 0.0;
  ExportExpectation::Times times;
  std::vector<std::string> last_lines;  ///< Of its log, printable.
  std::string standard_output;          ///< The first MiB.
  std::string last_error;               ///< The message of the last line at level ERROR; empty where there is none.
  enum class Seen { kNo, kYes };
  Seen logged = Seen::kNo;          ///< Anything at all.
  Seen logged_in_form = Seen::kNo;  ///< A line as the convention writes them.
  Seen traceback = Seen::kNo;       ///< Python's, of an exception that nobody caught.
  Seen usage = Seen::kNo;           ///< argparse's own message.
  std::string not_utf8;             ///< The first line that is not; empty where all are.
  std::string killed_child;         ///< Its name, where RunPlan::children asked for that and it had one.
  Seen left_process = Seen::kNo;    ///< A process of it outlived it.
  /// How far it was when SIGTERM was sent: ended, or with metadata.json written; with the artifact in output_dir;
  /// neither.
  enum class Progress { kOver, kPublishing, kUnderWay } at_stop = Progress::kOver;
  double seconds_after_stop = 0.0;

  bool succeeded() const { return ended == Ended::kByItself && exit_code == 0; }
  /// "exit code 3", "signal 11 (Segmentation fault)", "not ended after 20 s".
  std::string ending() const;
};

/// Log lines are counted up to here; a run that writes more is ended.
inline constexpr uint64_t kMaxLogBytes = uint64_t{64} << 20;

/// From now on SIGINT and SIGTERM end the run under way, and then the check: nothing of it is left.
void note_interrupts();

/// Runs it, as the Backend would: no input, its own process group, output captured. kInvalidArgument where
/// the command cannot be started at all; kInterrupted.
Result<RunRecord> run_plan(const RunPlan& plan);

}  // namespace modelport
