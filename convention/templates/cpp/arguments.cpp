#include "arguments.h"

#include <map>

namespace {

const std::vector<Format> kFormats = {
    {"onnx", export_onnx, {"model.onnx"}},
    {"tensorrt", export_tensorrt, {"model.engine"}},
    {"coreml", export_coreml, {"model.mlpackage"}},
    {"tflite", export_tflite, {"model.tflite"}},
    {"torchscript", export_torchscript, {"model.torchscript"}},
    {"openvino", export_openvino, {"model.xml", "model.bin"}},
};

std::string format_names(const char* separator) {
  std::string names;
  for (const Format& format : kFormats) names += (names.empty() ? "" : separator) + format.name;
  return names;
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
  for (const std::string& word : line) arguments.help |= word == "--help" || word == "-h";
  if (arguments.help) return arguments;
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
  try {
    arguments.export_config = Json::parse(values["--export_config"]);
  } catch (const Json::exception& error) {
    throw ConfigurationError(std::string("--export_config is not JSON: ") + error.what());
  }
  if (!arguments.export_config.is_object()) throw ConfigurationError("--export_config is not a JSON object");
  return arguments;
}

std::string help_text() {
  return "--checkpoint_path PATH   trained checkpoint\n"
         "--export_format FORMAT   " +
         format_names(" | ") +
         "\n"
         "--output_dir DIR         directory for the exported files\n"
         "--export_config JSON     object with format-specific options (optional)\n";
}
