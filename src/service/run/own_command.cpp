#include "service/run/own_command.h"

#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <utility>

#include "io/beneath.h"
#include "service/run/exporter_process.h"
#include "service/run/failure_line_scanner.h"

namespace modelport {

namespace {

constexpr size_t kMostOwnOutput = size_t{16} << 20;

/// By which whoever started the service said where engines are.
constexpr const char* kEngineVariables[] = {"VIRTUAL_ENV", "MODELPORT_ONNXRUNTIME", "MODELPORT_OPENVINO",
                                            "MODELPORT_TORCH_PYTHON"};

}  // namespace

Result<WorkPlace> WorkPlace::make(const std::string& work_directory, const std::string& purpose) {
  std::string path = work_directory + "/" + purpose + "-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) return fail(ErrorCode::kUnwritable, "no directory can be made to work in");
  WorkPlace place(std::move(path));
  std::error_code failed;
  std::filesystem::create_directory(place.path() + "/scratch", failed);
  if (failed) return fail(ErrorCode::kUnwritable, "no directory can be made to work in: {}", failed.message());
  return place;
}

WorkPlace::WorkPlace(WorkPlace&& other) noexcept : path_(std::exchange(other.path_, "")) {}

WorkPlace::~WorkPlace() {
  if (!path_.empty()) (void)remove_tree(path_);
}

Result<OwnCommandEnd> run_own_command(const OwnProgram& program, const WorkPlace& place, const OwnCommand& command) {
  TrainerConfig trainer;
  trainer.name = command.arguments.front();
  trainer.limits.timeout = command.timeout;
  trainer.limits.grace = std::chrono::seconds(1);
  trainer.limits.memory_bytes = command.memory_bytes;
  for (const char* name : kEngineVariables) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    trainer.environment[name] = value;
    std::error_code ignored;
    if (*value == '/' && std::filesystem::exists(value, ignored)) trainer.readable.emplace_back(value);
  }
  std::vector<std::string> line = {program.path};
  line.insert(line.end(), command.arguments.begin(), command.arguments.end());
  TRY(process, prepare_exporter(trainer, program.sandbox, {place.path(), program.hidden, command.readable},
                                std::move(line), command.mark.empty() ? trainer.name : command.mark));
  process.request.should_stop = command.should_stop;
  OwnCommandEnd end;
  FailureLineScanner lines;
  process.request.max_line_bytes = kMostOwnOutput;
  process.request.on_line = [&](Stream stream, std::string_view text) {
    if (stream == Stream::kStderr) return lines.observe(stream, text);
    if (end.text.size() + text.size() < kMostOwnOutput) end.text += std::string(text) + "\n";
  };
  TRY(outcome, run_confined(process.request));
  end.outcome = std::move(outcome);
  end.sentence = lines.sentence();
  return end;
}

}  // namespace modelport
