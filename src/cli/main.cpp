#include <cstdio>
#include <new>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/nearest_name.h"
#include "cli/check_command.h"
#include "cli/command.h"
#include "cli/doctor.h"
#include "cli/export_command.h"
#include "cli/inspect.h"
#include "cli/predict_command.h"
#include "cli/serve_command.h"
#include "cli/verify_command.h"
#include "cli/worker_command.h"
#include "io/mapped_file.h"

namespace modelport {
namespace {

constexpr Command kCommands[] = {
    {"check", "hold an exporter to the export convention", run_check_command},
    {"doctor", "list trainers, formats and engines, and what is missing", run_doctor},
    {"export", "write a checkpoint in other formats, proven", run_export_command},
    {"inspect", "print what a checkpoint is, without running any of it", run_inspect},
    {"predict", "run an artifact on pictures, print and draw what it sees", run_predict},
    {"serve", "run the export service", run_serve},
    {"verify", "measure an artifact against its checkpoint", run_verify},
    {"worker", "run jobs that a service on the same PostgreSQL accepts", run_worker},
};

void print_help() {
  fmt::print("usage: modelport COMMAND [ARGUMENT...]\n\ncommands:\n");
  for (const Command& command : kCommands) fmt::print("  {:<10} {}\n", command.name, command.description);
  fmt::print("\nmodelport COMMAND --help explains a command; modelport --version prints the version.\n");
}

Result<int> run(std::span<const std::string> arguments) {
  if (arguments.empty() || arguments[0] == "--help" || arguments[0] == "-h") {
    print_help();
    return arguments.empty() ? error_info(ErrorCode::kInvalidArgument).exit_code : 0;
  }
  if (arguments[0] == "--version") {
    fmt::print("modelport {}\n", MODELPORT_VERSION);
    return 0;
  }
  std::vector<std::string> names;
  for (const Command& command : kCommands) {
    if (command.name == arguments[0]) return command.run(arguments.subspan(1));
    names.emplace_back(command.name);
  }
  Error error = fail(ErrorCode::kInvalidArgument, "there is no command {}", arguments[0]);
  const std::string nearest = nearest_name(arguments[0], names);
  error.hint = nearest.empty() ? "modelport --help lists them" : fmt::format("did you mean {}?", nearest);
  return error;
}

}  // namespace
}  // namespace modelport

int main(int count, char** values) {
  using namespace modelport;
  install_bus_error_guard();
  try {
    const std::vector<std::string> arguments(values + 1, values + count);
    auto code = run(arguments);
    if (code) return *code;
    log_error("{}", code.error().text());
    return error_info(code.error().code).exit_code;
  } catch (const std::bad_alloc&) {
    log_error("out of memory");
    return 1;
  }
}
