#include "cli/trainers.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

#include "models/known_families/known_families.h"
#include "modules/checkpoint_facts.h"
#include "process/process_runner.h"

namespace modelport {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kUltralyticsFrameworks[] = {"ultralytics", "yolov5"};
constexpr TrainerRow kTrainers[] = {
    {"ultralytics", "modelport-ultralytics", kUltralyticsFrameworks},
};

volatile std::sig_atomic_t stop_signal = 0;

/// While it lives, SIGINT and SIGTERM are noted instead of ending this process.
class StopSignals {
 public:
  StopSignals() {
    struct sigaction note {};
    note.sa_handler = [](int signal) { stop_signal = signal; };
    sigaction(SIGINT, &note, &previous_int_);
    sigaction(SIGTERM, &note, &previous_term_);
  }
  ~StopSignals() {
    sigaction(SIGINT, &previous_int_, nullptr);
    sigaction(SIGTERM, &previous_term_, nullptr);
  }
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

 private:
  struct sigaction previous_int_ {};
  struct sigaction previous_term_ {};
};

}  // namespace

std::span<const TrainerRow> trainer_table() { return kTrainers; }

bool Exporter::has_extension(std::string_view name) const {
  const auto list = capabilities.is_object() ? capabilities.find("extensions") : capabilities.end();
  if (list == capabilities.end() || !list->is_array()) return false;
  return std::ranges::find(*list, Json(name)) != list->end();
}

const Json* Exporter::format(std::string_view name) const {
  if (!capabilities.is_object() || !capabilities.contains("formats")) return nullptr;
  for (const Json& row : capabilities["formats"]) {
    if (row.is_object() && row.value("format", "") == name) return &row;
  }
  return nullptr;
}

ProgramSearch find_trainer(const TrainerRow& trainer) { return search_program(trainer.executable); }

Json ask_capabilities(std::span<const std::string> command) {
  ProcessRequest request;
  request.arguments.assign(command.begin(), command.end());
  request.arguments.emplace_back("--capabilities");
  request.timeout = std::chrono::seconds(60);
  std::string text;
  request.on_line = [&](Stream stream, std::string_view line) {
    if (stream == Stream::kStdout) text += std::string(line) + "\n";
  };
  const auto outcome = system_process_runner().run(request);
  if (!outcome || outcome->exit_code != 0) return nullptr;
  auto capabilities = parse_json(text, ErrorCode::kDamaged);
  return capabilities && capabilities->is_object() ? *std::move(capabilities) : Json(nullptr);
}

Result<Exporter> exporter_for(const std::string& checkpoint) {
  TRY(opened, open_checkpoint(checkpoint, known_families()));
  const std::string framework = describe_checkpoint(opened).framework;
  std::vector<std::string_view> known;
  for (const TrainerRow& trainer : trainer_table()) {
    known.push_back(trainer.name);
    if (std::ranges::find(trainer.frameworks, framework) == trainer.frameworks.end()) continue;
    ProgramSearch search = find_trainer(trainer);
    if (search.path.empty()) {
      Error error = fail(ErrorCode::kNotFound, "{} exports {} checkpoints and is not installed; looked at {}",
                         trainer.executable, framework, fmt::join(search.looked_at, ", "));
      error.hint = "put it beside modelport, or name its directory in MODELPORT_BIN";
      return error;
    }
    return Exporter{{search.path}, ask_capabilities(std::vector<std::string>{search.path})};
  }
  return fail(ErrorCode::kUnsupportedModel, "{} is a checkpoint of {}; this release has trainers for {}", checkpoint,
              framework, fmt::join(known, ", "));
}

Result<Exporter> exporter_at(const std::string& path) {
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return fail(ErrorCode::kNotFound, "the exporter {} does not exist", path);
  std::vector<std::string> command = {fs::absolute(path).string()};
  if (fs::path(path).extension() == ".py") command.insert(command.begin(), "python3");
  Json capabilities = ask_capabilities(command);
  return Exporter{std::move(command), std::move(capabilities)};
}

Result<ExporterRun> run_exporter(const Exporter& exporter, std::vector<std::string> arguments, LineHandler on_stdout,
                                 LineHandler on_stderr) {
  ProcessRequest request;
  request.arguments = exporter.command;
  request.arguments.insert(request.arguments.end(), std::make_move_iterator(arguments.begin()),
                           std::make_move_iterator(arguments.end()));
  request.on_line = [&](Stream stream, std::string_view line) {
    (stream == Stream::kStdout ? on_stdout : on_stderr)(line);
  };
  stop_signal = 0;
  const StopSignals signals;
  request.should_stop = [] { return stop_signal != 0; };
  TRY(outcome, system_process_runner().run(request));
  if (stop_signal != 0) return fail(ErrorCode::kInterrupted, "interrupted by signal {}", int{stop_signal});
  return ExporterRun{outcome.exit_code.value_or(1)};
}

}  // namespace modelport
