#include "export/trainer_main.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <new>

#include "base/log.h"
#include "export/capabilities.h"
#include "export/command_line.h"
#include "export/export_options.h"
#include "export/inspect.h"
#include "export/pipeline.h"
#include "export/verify.h"
#include "io/interrupt.h"
#include "io/mapped_file.h"

namespace modelport {

namespace {

Result<int> print(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    return fail(ErrorCode::kUnwritable, "cannot write to stdout");
  }
  return 0;
}

/// "onnx,openvino" as its parts.
std::vector<std::string> split_formats(std::string_view list) {
  std::vector<std::string> formats;
  for (size_t begin = 0; begin <= list.size();) {
    const size_t comma = std::min(list.find(',', begin), list.size());
    formats.emplace_back(list.substr(begin, comma - begin));
    begin = comma + 1;
  }
  return formats;
}

/// A failure of work that a signal ended is not one of the run: the signal's thread ends the process.
void log_failure(const Error& error) {
  yield_to_interrupt();
  log_error("{}{}", error.code == ErrorCode::kValidationFailed ? "Validation failed: " : "", error.text());
}

/// The exit code of several outcomes: the first of 2, 1 and 3 that occurred, else 0. What failed is logged, the error
/// that decides last.
int conclude(const Outcomes& outcomes) {
  constexpr int kByWeight[] = {3, 1, 2};
  int code = 0;
  for (const int candidate : kByWeight) {
    for (const Status& outcome : outcomes) {
      if (outcome || error_info(outcome.error().code).exit_code != candidate) continue;
      log_failure(outcome.error());
      code = candidate;
    }
  }
  return code;
}

/// Several formats go to a directory each, below the one that was named.
Result<int> export_as_asked(const Trainer& trainer, const CommandLine& line) {
  const std::vector<std::string> formats = split_formats(line.export_format);
  ExportRequest request{line.checkpoint_path, {}};
  std::vector<const FormatRow*> supported;
  Outcomes refused;
  for (const std::string& format : formats) {
    if (std::ranges::count(formats, format) > 1)
      return fail(ErrorCode::kInvalidArgument, "--export_format names {} twice", format);
    const Result<const FormatRow*> row = require_supported_format(format);
    if (!row && formats.size() == 1) return row.error();
    if (row) {
      supported.push_back(*row);
    } else {
      refused.push_back(row.error());
    }
  }
  if (supported.empty()) return conclude(refused);
  TRY(options, parse_export_config(line.export_config, trainer, supported));
  for (size_t i = 0; i < supported.size(); ++i) {
    const std::string folder =
        formats.size() == 1 ? line.output_dir : fmt::format("{}/{}", line.output_dir, supported[i]->name);
    request.targets.push_back({supported[i], folder, options[i]});
  }
  log_info("{} {}: exporting {} to {}", trainer.executable, MODELPORT_VERSION, line.checkpoint_path,
           line.export_format);
  run_export(trainer, request, {}, [&](Outcomes outcomes) {
    outcomes.insert(outcomes.end(), refused.begin(), refused.end());
    // Freeing a checkpoint's many small objects one by one takes a tenth of a small export.
    std::_Exit(conclude(outcomes));
  });
  return 0;
}

/// The report goes to stdout; figures over their limits are a failed validation.
Result<int> verify_as_asked(const Trainer& trainer, const CommandLine& line) {
  TRY(report, verify_artifact(trainer, {line.checkpoint_path, line.verify, line.images, line.draw}));
  CHECK_OK(print(print_json(report.json)));
  if (report.verdict == VerifyReport::Verdict::kAgrees) return 0;
  return fail(ErrorCode::kValidationFailed, "{} does not compute what {} does, see the figures", line.verify,
              line.checkpoint_path);
}

Result<int> run(const Trainer& trainer, std::span<const char* const> arguments) {
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
    case CommandLine::Action::kVerify:
      return verify_as_asked(trainer, line);
    case CommandLine::Action::kInspect: {
      TRY(inspection, inspect_translation(trainer, line.checkpoint_path, line.export_config));
      CHECK_OK(print(print_json(inspection.report)));
      CHECK_OK(inspection.outcome);
      return 0;
    }
  }
  return 0;
}

}  // namespace

int trainer_main(const Trainer& trainer, int argc, char** argv) {
  install_interrupt_handling();
  install_bus_error_guard();
  try {
    const Result<int> code = run(trainer, {argv + 1, static_cast<size_t>(argc > 0 ? argc - 1 : 0)});
    if (code) return *code;
    log_failure(code.error());
    return error_info(code.error().code).exit_code;
  } catch (const std::bad_alloc&) {
    log_error("out of memory");
    return 1;
  }
}

}  // namespace modelport
