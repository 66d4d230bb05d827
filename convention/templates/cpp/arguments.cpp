#include "arguments.h"

#include <map>

namespace {

const std::vector<Format> kFormats = {
    {"onnx", {"model.onnx"}},     {"tensorrt", {"model.engine"}},         {"coreml", {"model.mlpackage"}},
    {"tflite", {"model.tflite"}}, {"torchscript", {"model.torchscript"}}, {"openvino", {"model.xml", "model.bin"}},
};

std::string format_names(const char* separator) {
  std::string names;
  for (const Format& format : kFormats) names += (names.empty() ? "" : separator) + format.name;
  return names;
}

std::string help_text() {
  return "--checkpoint_path PATH   trained checkpoint\n"
         "--export_format FORMAT   " +
         format_names(" | ") +
         "\n"
         "--output_dir DIR         directory for the exported files\n"
         "--export_config JSON     object with format-specific options (optional)\n"
         "--capabilities           print what this exporter can do, as JSON\n";
}

/// An optional extension of the convention.
Json capabilities() {
  Json formats = Json::array();
  std::string first;
  for (const Format& format : kFormats) {
    const Offer& offer = kExporter.formats.at(format.name);
    Json row = {{"format", format.name}, {"supported", offer.write != nullptr}};
    if (offer.write == nullptr) {
      row["reason"] = offer.reason;
    } else {
      if (first.empty()) first = format.name;
      row["files"] = format.files;
      row["files"].push_back("metadata.json");
      row["export_config"] = {{"type", "object"}};
    }
    formats.push_back(row);
  }
  return {{"convention_version", "1.0"},
          {"framework", kExporter.framework},
          {"exporter", kExporter.framework + "-exporter"},
          {"exporter_version", kExporter.version},
          {"task_types", kExporter.task_types},
          {"default_format", first.empty() ? kFormats[0].name : first},
          {"formats", formats},
          {"extensions", Json::array()}};
}

std::map<std::string, std::string> values_by_name(const std::vector<std::string>& line) {
  std::map<std::string, std::string> values = {
      {"--checkpoint_path", ""}, {"--export_format", ""}, {"--output_dir", ""}, {"--export_config", "{}"}};
  for (size_t i = 0; i < line.size(); ++i) {
    const size_t equals = line[i].find('=');
    const std::string name = line[i].substr(0, equals);
    if (values.count(name) == 0) throw ConfigurationError("unknown argument " + line[i] + "; see --help");
    if (equals != std::string::npos) {
      values[name] = line[i].substr(equals + 1);
    } else if (i + 1 < line.size()) {
      values[name] = line[++i];
    } else {
      throw ConfigurationError(name + " needs a value");
    }
  }
  return values;
}

}  // namespace

Arguments parse_arguments(const std::vector<std::string>& line) {
  Arguments arguments;
  for (const std::string& word : line) {
    if (word == "--help" || word == "-h") arguments.answer = help_text();
    if (word == "--capabilities") arguments.answer = capabilities().dump(2) + "\n";
    if (!arguments.answer.empty()) return arguments;
  }
  std::map<std::string, std::string> values = values_by_name(line);
  for (const char* name : {"--checkpoint_path", "--export_format", "--output_dir"}) {
    if (values[name].empty()) throw ConfigurationError(std::string(name) + " is required");
  }
  arguments.checkpoint_path = values["--checkpoint_path"];
  arguments.output_dir = values["--output_dir"];
  for (const Format& format : kFormats) {
    if (format.name == values["--export_format"]) arguments.format = &format;
  }
  if (arguments.format == nullptr) {
    throw ConfigurationError("Unsupported format: " + values["--export_format"] + " is none of " + format_names(", "));
  }
  const Offer& offer = kExporter.formats.at(arguments.format->name);
  if (offer.write == nullptr) {
    throw ConfigurationError("Unsupported format: " + arguments.format->name + ": " + offer.reason);
  }
  try {
    arguments.export_config = Json::parse(values["--export_config"]);
  } catch (const Json::exception& error) {
    throw ConfigurationError(std::string("--export_config is not JSON: ") + error.what());
  }
  if (!arguments.export_config.is_object()) throw ConfigurationError("--export_config is not a JSON object");
  return arguments;
}
