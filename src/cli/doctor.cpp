#include "cli/doctor.h"

#include <unistd.h>

#include <filesystem>

#include "base/json.h"
#include "process/process_runner.h"
#include "runtimes/engine.h"

namespace modelport {

namespace {

namespace fs = std::filesystem;

/// Trainers' executables, found beside this one or on PATH.
constexpr std::string_view kTrainers[] = {"modelport-ultralytics"};

void print_engine(Engine& engine) {
  const EnginePresence& presence = engine.presence();
  if (presence.found) {
    fmt::print("engine   {} {}  {}\n", engine.name(), presence.version, presence.library);
  } else {
    fmt::print("engine   {}  not found\n         {}\n", engine.name(), presence.hint);
  }
  for (const std::string& place : presence.looked_at) fmt::print("         looked at {}\n", place);
}

std::string trainer_path(std::string_view name) {
  std::error_code failed;
  const fs::path beside = fs::read_symlink("/proc/self/exe", failed).parent_path() / name;
  return ::access(beside.c_str(), X_OK) == 0 ? beside.string() : std::string(name);
}

/// What a trainer says of itself for --capabilities.
void print_trainer(std::string_view name) {
  std::string text;
  ProcessRequest request;
  request.arguments = {trainer_path(name), "--capabilities"};
  request.timeout = std::chrono::seconds(30);
  request.on_line = [&](Stream stream, std::string_view line) {
    if (stream == Stream::kStdout) text += std::string(line) + "\n";
  };
  const auto outcome = system_process_runner().run(request);
  if (!outcome) {
    fmt::print("trainer  {}  not found\n         put it beside modelport or on PATH\n", name);
    return;
  }
  const auto capabilities = parse_json(text, ErrorCode::kDamaged);
  if (outcome->exit_code != 0 || !capabilities) {
    fmt::print("trainer  {}  does not answer --capabilities\n", name);
    return;
  }
  fmt::print("trainer  {} {}  {}\n", name, (*capabilities)["exporter_version"].get<std::string>(),
             request.arguments[0]);
  for (const Json& row : (*capabilities)["formats"]) {
    const bool supported = row["supported"].get<bool>();
    fmt::print("         {:<12} {}\n", row["format"].get<std::string>(),
               supported ? "proof: " + row["proof"].get<std::string>() : row["reason"].get<std::string>());
  }
}

}  // namespace

Result<int> run_doctor(std::span<const std::string> arguments) {
  if (!arguments.empty() && arguments[0] != "--help") {
    return fail(ErrorCode::kInvalidArgument, "modelport doctor takes no arguments, not {}", arguments[0]);
  }
  if (!arguments.empty()) {
    fmt::print(
        "usage: modelport doctor\n\nLists trainers, formats and engines, where they were looked for, and what would "
        "bring what is missing.\n");
    return 0;
  }
  fmt::print("modelport {}\n", MODELPORT_VERSION);
  print_engine(onnx_runtime());
  for (const std::string_view trainer : kTrainers) print_trainer(trainer);
  return 0;
}

}  // namespace modelport
