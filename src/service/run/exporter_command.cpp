#include "service/run/exporter_command.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <utility>

namespace modelport {

namespace {
namespace fs = std::filesystem;
}

std::vector<std::string> exporter_command(const std::vector<std::string>& command, const ExporterArguments& arguments) {
  const std::array<std::pair<std::string_view, std::string_view>, 4> values = {{
      {"checkpoint_path", arguments.checkpoint_path},
      {"export_format", arguments.export_format},
      {"output_dir", arguments.output_dir},
      {"export_config", arguments.export_config},
  }};
  std::vector<std::string> filled;
  bool has_placeholder = false;
  for (const std::string& part : command) {
    std::string out;
    for (size_t at = 0; at < part.size();) {
      bool is_filled = false;
      for (const auto& [name, value] : values) {
        const std::string placeholder = "{" + std::string(name) + "}";
        if (part.compare(at, placeholder.size(), placeholder) != 0) continue;
        out += value;
        at += placeholder.size();
        is_filled = has_placeholder = true;
        break;
      }
      if (!is_filled) out += part[at++];
    }
    filled.push_back(std::move(out));
  }
  if (has_placeholder) return filled;
  for (const auto& [name, value] : values) {
    filled.push_back("--" + std::string(name));
    filled.emplace_back(value);
  }
  return filled;
}

std::vector<std::string> without_dots(std::vector<std::string> command) {
  for (std::string& part : command) {
    const fs::path path(part);
    if (!path.is_absolute() || std::ranges::find(path, "..") == path.end()) continue;
    std::error_code failed;
    // Of the last part a link stays: a virtual environment's interpreter is one, and told by where that lies.
    const bool is_named = path.has_filename() && path.filename() != "..";
    const fs::path plain = fs::canonical(is_named ? path.parent_path() : path, failed);
    if (!failed) part = (is_named ? plain / path.filename() : plain).string();
  }
  return command;
}

std::vector<std::string> paths_of_command(const std::vector<std::string>& command) {
  std::vector<std::string> paths;
  for (const std::string& part : command) {
    std::error_code failed;
    const fs::path path(part);
    if (!path.is_absolute() || !fs::exists(path, failed)) continue;
    const fs::path parent = path.parent_path();
    // A whole temporary directory would show more than the command.
    const bool is_shared = parent == "/tmp" || parent == "/var/tmp" || parent == "/";
    paths.push_back(fs::is_directory(path, failed) || is_shared ? part : parent.string());
  }
  return paths;
}

}  // namespace modelport
