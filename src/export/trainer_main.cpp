#include "export/trainer_main.h"

#include <cstdio>
#include <new>

#include "base/log.h"
#include "export/capabilities.h"
#include "export/command_line.h"
#include "export/export_options.h"
#include "export/pipeline.h"
#include "io/interrupt.h"
#include "io/mapped_file.h"

namespace modelport {

namespace {

Status print(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    return fail(ErrorCode::kUnwritable, "cannot write to stdout");
  }
  return {};
}

Status export_as_asked(const Trainer& trainer, const CommandLine& line) {
  CHECK_OK(require_supported_format(line.export_format));
  TRY(options, parse_export_config(line.export_config, line.export_format));
  log_info("{} {}: exporting {} to {}", trainer.executable, MODELPORT_VERSION, line.checkpoint_path,
           line.export_format);
  return run_export(trainer, {line.checkpoint_path, line.export_format, line.output_dir, std::move(options)});
}

Status run(const Trainer& trainer, std::span<const char* const> arguments) {
  TRY(line, parse_command_line(arguments));
  if (!line.log_level.empty()) set_log_level(*log_level_from_name(line.log_level));
  switch (line.action) {
    case CommandLine::Action::kHelp:
      return print(help_text(trainer.executable, trainer.framework));
    case CommandLine::Action::kVersion:
      return print(fmt::format("{} {}\n", trainer.executable, MODELPORT_VERSION));
    case CommandLine::Action::kCapabilities:
      return print(print_json(capabilities(trainer)));
    case CommandLine::Action::kExport:
      return export_as_asked(trainer, line);
  }
  return {};
}

}  // namespace

int trainer_main(const Trainer& trainer, int argc, char** argv) {
  install_interrupt_handling();
  install_bus_error_guard();
  try {
    const Status status = run(trainer, {argv + 1, static_cast<size_t>(argc > 0 ? argc - 1 : 0)});
    if (status) return 0;
    const Error& error = status.error();
    log_error("{}{}", error.code == ErrorCode::kValidationFailed ? "Validation failed: " : "", error.text());
    return error_info(error.code).exit_code;
  } catch (const std::bad_alloc&) {
    log_error("out of memory");
    return 1;
  }
}

}  // namespace modelport
