#include "export/command_line.h"

#include <array>
#include <optional>
#include <vector>

#include "base/log.h"
#include "base/nearest_name.h"

namespace modelport {

namespace {

struct Argument {
  std::string_view name;
  std::string CommandLine::*value;  ///< Null for flags and for --image.
  CommandLine::Action action;       ///< What it asks for where it is given; kExport: nothing of its own.
  enum class Need { kOptional, kExport, kAlways } need;
  std::string_view placeholder;
  std::string_view help;
};

using Action = CommandLine::Action;
using Need = Argument::Need;

constexpr std::string_view kImage = "--image";

constexpr std::array<Argument, 12> kArguments = {{
    {"--checkpoint_path", &CommandLine::checkpoint_path, Action::kExport, Need::kAlways, "PATH", "Trained checkpoint."},
    {"--export_format", &CommandLine::export_format, Action::kExport, Need::kExport, "FORMAT",
     "onnx | tensorrt | coreml | tflite | torchscript | openvino; several (a,b): each into DIR/FORMAT/."},
    {"--output_dir", &CommandLine::output_dir, Action::kExport, Need::kExport, "DIR",
     "Directory for the artifact and metadata.json; created if missing, holds one export."},
    {"--export_config", &CommandLine::export_config, Action::kExport, Need::kOptional, "JSON",
     "Options as a JSON object; --capabilities prints their schema."},
    {"--log_level", &CommandLine::log_level, Action::kExport, Need::kOptional, "LEVEL",
     "debug | info | warning | error (default info); the log goes to stderr."},
    {"--verify", &CommandLine::verify, Action::kVerify, Need::kOptional, "ARTIFACT",
     "Measure an existing artifact against the checkpoint instead; prints JSON."},
    {kImage, nullptr, Action::kExport, Need::kOptional, "FILE...", "With --verify: photographs, JPEG or PNG."},
    {"--draw", &CommandLine::draw, Action::kExport, Need::kOptional, "DIR",
     "With --verify: pictures of what the checkpoint and the artifact see."},
    {"--inspect", nullptr, Action::kInspect, Need::kOptional, "",
     "Print how the checkpoint would be translated and whether it can be exported to ONNX, as JSON, and exit."},
    {"--capabilities", nullptr, Action::kCapabilities, Need::kOptional, "",
     "Print what this exporter can do as JSON and exit."},
    {"--version", nullptr, Action::kVersion, Need::kOptional, "", "Print the version and exit."},
    {"--help", nullptr, Action::kHelp, Need::kOptional, "", "Print this help and exit."},
}};

const Argument* find_argument(std::string_view name) {
  for (const Argument& argument : kArguments) {
    if (argument.name == name) return &argument;
  }
  return nullptr;
}

Error unknown(std::string_view name) {
  std::vector<std::string> names;
  for (const Argument& argument : kArguments) names.emplace_back(argument.name);
  Error error = fail(ErrorCode::kInvalidArgument, "unknown argument {}", name);
  const std::string nearest = nearest_name(name, names);
  error.hint = nearest.empty() ? "see --help" : "did you mean " + nearest + "?";
  return error;
}

/// What must be there, and what makes no sense without --verify.
Status check_combination(const CommandLine& line) {
  if (!line.log_level.empty() && !log_level_from_name(line.log_level)) {
    return fail(ErrorCode::kInvalidArgument, "--log_level is debug, info, warning or error, not {}", line.log_level);
  }
  const bool exports = line.action == Action::kExport;
  if (!exports && line.action != Action::kVerify && line.action != Action::kInspect) return {};
  for (const Argument& argument : kArguments) {
    const bool needed = argument.need == Need::kAlways || (argument.need == Need::kExport && exports);
    if (needed && (line.*argument.value).empty())
      return fail(ErrorCode::kInvalidArgument, "{} is required", argument.name);
  }
  if (line.action == Action::kVerify) return {};
  if (!line.images.empty() || !line.draw.empty()) {
    return fail(ErrorCode::kInvalidArgument, "{} goes with --verify", line.images.empty() ? "--draw" : kImage);
  }
  return {};
}

}  // namespace

Result<CommandLine> parse_command_line(std::span<const char* const> arguments) {
  CommandLine line;
  std::array<bool, kArguments.size()> seen{};
  for (size_t i = 0; i < arguments.size(); ++i) {
    std::string_view name = arguments[i];
    if (name == "-h") name = "--help";
    std::optional<std::string_view> value;
    if (const size_t equals = name.find('='); name.starts_with("--") && equals != std::string_view::npos) {
      value = name.substr(equals + 1);
      name = name.substr(0, equals);
    }
    const Argument* argument = find_argument(name);
    if (argument == nullptr) return unknown(name);
    bool& was_seen = seen[static_cast<size_t>(argument - kArguments.data())];
    if (was_seen && name != kImage) return fail(ErrorCode::kInvalidArgument, "{} is given twice", name);
    was_seen = true;
    if (line.action == Action::kExport) line.action = argument->action;
    if (argument->placeholder.empty()) {
      if (value) return fail(ErrorCode::kInvalidArgument, "{} takes no value", name);
      continue;
    }
    if (!value) {
      if (i + 1 == arguments.size()) return fail(ErrorCode::kInvalidArgument, "{} needs a value", name);
      value = arguments[++i];
    }
    if (value->empty()) return fail(ErrorCode::kInvalidArgument, "{} is empty", name);
    if (name != kImage) {
      line.*argument->value = *value;
      continue;
    }
    line.images.emplace_back(*value);
    while (i + 1 < arguments.size() && !std::string_view(arguments[i + 1]).starts_with("--"))
      line.images.emplace_back(arguments[++i]);
  }
  CHECK_OK(check_combination(line));
  return line;
}

std::string help_text(std::string_view executable, std::string_view framework) {
  std::string text = fmt::format(
      "Usage: {} --checkpoint_path PATH --export_format FORMAT --output_dir DIR [--export_config JSON]\n\n"
      "Exports a trained {} checkpoint. The checkpoint is read as data: nothing in it is executed.\n\n",
      executable, framework);
  for (const Argument& argument : kArguments) {
    const std::string left = argument.placeholder.empty() ? std::string(argument.name)
                                                          : fmt::format("{} {}", argument.name, argument.placeholder);
    text += fmt::format("  {:<24} {}\n", left, argument.help);
  }
  text +=
      "\nExit codes: 0 exported and proven, 1 failed, 2 the written file's numbers or structure differ, 3 "
      "configuration error.\n\n"
      "What exit 0 proves: the written file, read back and (where the engine is found) run in it, computes what the "
      "network in the\n"
      "checkpoint computes by this exporter's reference, on deterministic photo-like images, within the tolerance that "
      "metadata.json\n"
      "records. That the reference computes what the training framework computes is proven by recorded outputs of the "
      "framework in the\n"
      "project's tests, not by an export.\n";
  return text;
}

}  // namespace modelport
