#include "service/run/exporter_process.h"

#include <algorithm>
#include <filesystem>

#include "base/log.h"
#include "base/sha256.h"
#include "process/program_path.h"
#include "service/run/exporter_command.h"

namespace modelport {

namespace {

std::map<std::string, std::string> environment_of(const TrainerConfig& trainer, const std::string& scratch,
                                                  const std::string& mark) {
  std::map<std::string, std::string> environment = {
      {"PATH", "/usr/local/bin:/usr/bin:/bin"},
      {"HOME", scratch},
      {"TMPDIR", scratch},
      {"LANG", "C.UTF-8"},
      {"PYTHONUNBUFFERED", "1"},
  };
  for (const auto& [name, value] : trainer.environment) environment[name] = value;
  environment[std::string(kRunMark)] = mark;
  return environment;
}

}  // namespace

std::string run_group_prefix(const std::string& work_directory) {
  const std::string digest = sha256_hex(std::as_bytes(std::span(work_directory)));
  return fmt::format("modelport.{}.", digest.substr(0, 12));
}

Result<ExporterProcess> prepare_exporter(const TrainerConfig& trainer, const SandboxSupport& support,
                                         const ExporterPlace& place, std::vector<std::string> command,
                                         const std::string& mark) {
  auto program = find_program(command.front());
  if (!program) {
    log_error("trainer {}: {}", trainer.name, program.error().text());
    return fail(ErrorCode::kNotFound, "the program of trainer {} is not on this machine", trainer.name);
  }
  command.front() = *std::move(program);
  command = without_dots(std::move(command));
  ExporterProcess process;
  process.level = std::min(trainer.wanted_sandbox, support.level);
  if (process.level < trainer.minimum_sandbox)
    return fail(ErrorCode::kUnavailable, "trainer {} may only run in {}, and this machine gives less", trainer.name,
                sandbox_level_name(trainer.minimum_sandbox));
  const std::string scratch = place.directory + "/scratch";
  if (process.level == SandboxLevel::kBubblewrap) {
    SandboxView view{place.hidden, place.readable, place.directory};
    const std::vector<std::string> own = paths_of_command(command);
    view.readable.insert(view.readable.end(), own.begin(), own.end());
    const std::vector<std::string> further = without_dots(trainer.readable);
    view.readable.insert(view.readable.end(), further.begin(), further.end());
    command = in_bubblewrap(support, view, command);
  }
  ConfinedRequest& request = process.request;
  request.arguments = std::move(command);
  request.environment = environment_of(trainer, scratch, mark);
  request.working_directory = scratch;
  request.timeout = trainer.limits.timeout;
  request.grace = trainer.limits.grace;
  request.memory_bytes = trainer.limits.memory_bytes;
  request.processes = trainer.limits.processes;
  request.file_bytes = trainer.limits.file_bytes;
  request.open_files = trainer.limits.open_files;
  request.groups = support.groups;
  request.group = run_group_name(run_group_prefix(std::filesystem::path(place.directory).parent_path()));
  // bubblewrap drops them itself, when it has made its namespaces.
  if (process.level == SandboxLevel::kBubblewrap) request.capabilities = Capabilities::kKept;
  return process;
}

}  // namespace modelport
