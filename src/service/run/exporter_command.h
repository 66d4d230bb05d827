#pragma once

#include <string>
#include <vector>

namespace modelport {

/// What an exporter is asked for.
struct ExporterArguments {
  std::string checkpoint_path;
  std::string export_format;
  std::string output_dir;
  std::string export_config;  ///< JSON
};

/// The command with its placeholders filled in, or with the convention's four options behind it when it has none.
std::vector<std::string> exporter_command(const std::vector<std::string>& command, const ExporterArguments& arguments);

/// The command, with ".." taken out of the absolute paths in it that exist, as the system takes them (across links): in
/// a sandbox's own root the links on the way may be missing.
std::vector<std::string> without_dots(std::vector<std::string> command);

/// Files and directories that the command names and that a sandbox must let it see: the program's directory and, of
/// every argument that is an absolute path, the directory that holds it.
std::vector<std::string> paths_of_command(const std::vector<std::string>& command);

}  // namespace modelport
