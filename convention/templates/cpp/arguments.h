#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "model.h"

/// Wrong arguments, or a format that is not there: exit code 3.
struct ConfigurationError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// One row of the convention: a format and the names that its output gets.
struct Format {
  std::string name;
  std::vector<std::string> files;
};

struct Arguments {
  std::string checkpoint_path;
  const Format* format = nullptr;
  std::string output_dir;
  Json export_config = Json::object();
  /// What is printed instead of an export; empty: nothing.
  std::string answer;
};

/// --name value and --name=value, --help, --capabilities; throws ConfigurationError, also for a format that kExporter
/// does not offer.
Arguments parse_arguments(const std::vector<std::string>& line);
