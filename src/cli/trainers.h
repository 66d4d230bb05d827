#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "process/program_path.h"

namespace modelport {

/// One row per trainer whose exporter this release brings.
struct TrainerRow {
  std::string_view name;                         ///< "ultralytics"
  std::string_view executable;                   ///< "modelport-ultralytics"
  std::span<const std::string_view> frameworks;  ///< As CheckpointFacts::framework names them.
};
std::span<const TrainerRow> trainer_table();

/// An exporter of the convention: the command that its arguments follow, and what --capabilities said.
struct Exporter {
  std::vector<std::string> command;  ///< {"/usr/bin/modelport-ultralytics"} or {"python3", "export.py"}
  Json capabilities;                 ///< Null where it does not answer --capabilities.

  /// Whether it announces an optional extension: "multiple_formats", "verify".
  bool has_extension(std::string_view name) const;
  /// The capabilities' row of a format; null where there is none.
  const Json* format(std::string_view name) const;
};

/// The trainer's executable, looked for as search_program() does.
ProgramSearch find_trainer(const TrainerRow& trainer);

/// The exporter that translates this checkpoint, told by what the file holds; nothing of it is executed. The file's own
/// error, kUnsupportedModel for a framework that no trainer here knows, kNotFound where its executable is nowhere.
Result<Exporter> exporter_for(const std::string& checkpoint);

/// An exporter named by the user: an executable, or a Python script (`.py`), which python3 runs.
Result<Exporter> exporter_at(const std::string& path);

/// Asks for capabilities; Null for anything but exit code 0 and a JSON object.
Json ask_capabilities(std::span<const std::string> command);

/// How a run of an exporter ended: its exit code, 1 where a signal ended it.
struct ExporterRun {
  int exit_code = 0;
};
using LineHandler = std::function<void(std::string_view line)>;

/// Runs the exporter with these arguments; SIGINT and SIGTERM end it (kInterrupted). Lines of its stdout and stderr go
/// to the two handlers.
Result<ExporterRun> run_exporter(const Exporter& exporter, std::vector<std::string> arguments, LineHandler on_stdout,
                                 LineHandler on_stderr);

}  // namespace modelport
