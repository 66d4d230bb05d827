#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace modelport {

/// The convention's command line, before anything is opened.
struct CommandLine {
  enum class Action { kExport, kHelp, kVersion, kCapabilities } action = Action::kExport;
  std::string checkpoint_path;
  std::string export_format;
  std::string output_dir;
  std::string export_config;  ///< JSON text; empty when absent.
  std::string log_level;      ///< Empty when absent.
};

/// Reads the arguments after the program's name: `--name value` or `--name=value`. A missing, duplicate, unknown or
/// empty argument is kInvalidArgument; an unknown one names the nearest.
Result<CommandLine> parse_command_line(std::span<const char* const> arguments);

/// The text of --help for this executable.
std::string help_text(std::string_view executable, std::string_view framework);

}  // namespace modelport
