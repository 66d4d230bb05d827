#include "cli/inspect.h"

#include <cstdio>

#include "cli/inspect_report.h"
#include "cli/trainers.h"
#include "models/known_families/known_families.h"

namespace modelport {
namespace {

constexpr std::string_view kInspectUsage =
    "usage: modelport inspect FILE [--json]\n"
    "\n"
    "Prints what a checkpoint is: container, framework, version, architecture, task, classes, parameters, tensors,\n"
    "and every class and function its pickle names; and whether it can be exported to ONNX with the options' "
    "defaults,\n"
    "as far as that can be told without evaluating it, or the sentence that an export would end with. Nothing in the\n"
    "file is executed.\n"
    "\n"
    "Reads torch.save files (zip and legacy), safetensors, and directories of config.json and weights. Exit code 0: an "
    "honest file; 1: a file that would be\n"
    "refused (hostile, of unknown content, damaged, of another container), after whatever could be told of it; 3: "
    "wrong\n"
    "arguments.\n";

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

/// What the trainer's exporter says of this checkpoint: `exportable` "yes", or "no" and the `reason`. Nothing where it
/// does not tell.
void foretell(Json& report, const std::string& path) {
  const auto exporter = exporter_for(path);
  if (!exporter) {
    report["exportable"] = "no";
    report["reason"] = exporter.error().text();
    return;
  }
  std::string said;
  const auto run = run_exporter(
      *exporter, {"--checkpoint_path", path, "--inspect"}, [&](std::string_view line) { said += line; },
      [](std::string_view) {});
  const auto inspection = parse_json(said, ErrorCode::kDamaged);
  if (!run || !inspection || !inspection->is_object()) return;
  for (const char* key : {"exportable", "reason"}) {
    if (inspection->contains(key)) report[key] = (*inspection)[key];
  }
}

}  // namespace

Result<int> run_inspect(std::span<const std::string> arguments) {
  enum class Output { kText, kJson } output = Output::kText;
  std::string path;
  for (const std::string& argument : arguments) {
    if (argument == "--help" || argument == "-h") {
      print(std::string(kInspectUsage));
      return 0;
    }
    if (argument == "--json") {
      output = Output::kJson;
    } else if (argument.starts_with("--")) {
      return fail(ErrorCode::kInvalidArgument, "inspect has no option {}; it takes FILE and --json", argument);
    } else if (path.empty()) {
      path = argument;
    } else {
      return fail(ErrorCode::kInvalidArgument, "inspect takes one file, {} is a second one", argument);
    }
  }
  if (path.empty()) return fail(ErrorCode::kInvalidArgument, "inspect needs a FILE");

  const auto show = [&](const Json& report) {
    print(output == Output::kJson ? print_json(report) : report_text(report));
  };
  auto checkpoint = open_checkpoint(path, known_families());
  if (checkpoint) {
    Json report = checkpoint_report(*checkpoint);
    foretell(report, path);
    show(report);
    CHECK_OK(checkpoint->check_intact());
    return 0;
  }
  if (auto survey = survey_checkpoint(path, known_families())) show(refusal_report(path, *survey, checkpoint.error()));
  return std::move(checkpoint).error();
}

}  // namespace modelport
