#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace modelport {

/// The convention's command line, before anything is opened.
struct CommandLine {
  enum class Action { kExport, kVerify, kInspect, kHelp, kVersion, kCapabilities } action = Action::kExport;
  std::string checkpoint_path;
  std::string export_format;
  std::string output_dir;
  std::string export_config;  ///< JSON text; empty when absent.
  std::string log_level;      ///< Empty when absent.
  std::string verify;         ///< The artifact of --verify.
  std::string draw;           ///< Empty when absent.
  std::vector<std::string> images;
};

/// Reads the arguments after the program's name: `--name value` or `--name=value`; --image takes every argument up to
/// the next one that starts with "--", and may come again. A missing, duplicate, unknown or
/// empty argument is kInvalidArgument; an unknown one names the nearest.
Result<CommandLine> parse_command_line(std::span<const char* const> arguments);

/// The text of --help for this executable.
std::string help_text(std::string_view executable, std::string_view framework);

}  // namespace modelport
