#include "cli/inspect.h"

#include <cstdio>

#include "cli/inspect_report.h"

namespace modelport {
namespace {

constexpr std::string_view kInspectUsage =
    "usage: modelport inspect FILE [--json]\n"
    "\n"
    "Prints what a checkpoint is: container, framework, version, architecture, task, classes, parameters, tensors,\n"
    "and every class and function its pickle names. Nothing in the file is executed.\n"
    "\n"
    "Reads torch.save files (zip and legacy) and safetensors. Exit code 0: an honest file; 1: a file that would be\n"
    "refused (hostile, damaged, of another container), after whatever could be told of it; 3: wrong arguments.\n";

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

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
  auto checkpoint = open_checkpoint(path);
  if (checkpoint) {
    show(checkpoint_report(*checkpoint));
    CHECK_OK(checkpoint->file->check_intact());
    return 0;
  }
  if (auto survey = survey_checkpoint(path)) show(refusal_report(path, *survey, checkpoint.error()));
  return std::move(checkpoint).error();
}

}  // namespace modelport
