#include "cli/verify_command.h"

#include <algorithm>
#include <cstdio>

#include "base/printable.h"
#include "cli/arguments.h"
#include "cli/trainers.h"

namespace modelport {

namespace {

constexpr std::string_view kVerifyUsage =
    "usage: modelport verify ARTIFACT --against CHECKPOINT [--image FILE...] [--draw DIR] [--json]\n"
    "\n"
    "Measures an existing artifact (ONNX, OpenVINO, TorchScript; ours or anyone's; a file or an export's folder) "
    "against\n"
    "the checkpoint that it came from: the artifact runs in its engine, the checkpoint's own network is evaluated on "
    "the\n"
    "same pictures, and every output is compared.\n"
    "\n"
    "  --against PATH   The trained checkpoint. Nothing in it is executed.\n"
    "  --image FILE...  Photographs, JPEG or PNG; without them one deterministic image.\n"
    "  --draw DIR       Writes each photograph twice, side by side: what the checkpoint sees, what the artifact sees.\n"
    "  --json           The report as JSON.\n"
    "  --exporter PATH  Any exporter with the verify extension, in place of the recognised trainer's.\n"
    "\n"
    "Outputs are paired by name, else by shape where only one fits; a single input needs no name.\n"
    "\n"
    "Exit codes: 0 every figure is within its limit, 1 a file cannot be read or run, or its inputs or outputs cannot\n"
    "be paired with the checkpoint's, 2 a figure is over its limit, 3 wrong arguments, or the engine is not on this\n"
    "machine.\n";

constexpr Option kVerifyOptions[] = {
    {"--against", Option::Takes::kOne},  {"--image", Option::Takes::kMany},   {"--draw", Option::Takes::kOne},
    {"--json", Option::Takes::kNothing}, {"--exporter", Option::Takes::kOne}, {"--help", Option::Takes::kNothing},
    {"-h", Option::Takes::kNothing},
};

std::string text_in(const Json& object, std::string_view key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? printable(found->get<std::string>()) : "";
}

double number_at(const Json& object, std::string_view key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>() : 0.0;
}

Json list_at(const Json& object, std::string_view key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_array() ? *found : Json::array();
}

std::string predictions_text(const Json& predictions) {
  std::string text = fmt::format("  checkpoint {}, artifact {}, the same {}", number_at(predictions, "checkpoint"),
                                 number_at(predictions, "artifact"), number_at(predictions, "matched"));
  if (number_at(predictions, "matched") > 0.0) {
    for (const auto& [key, value] : predictions.items()) {
      if (!key.starts_with("max_") || !value.is_number()) continue;
      std::string name = key.substr(std::string_view("max_").size());
      std::ranges::replace(name, '_', ' ');
      text += fmt::format(", {} {:.2g}", printable(name), value.get<double>());
    }
  }
  return text + "\n";
}

std::string verification_text(const Json& report) {
  std::string text = fmt::format("{} in {}, described by {}\n", text_in(report, "artifact"), text_in(report, "engine"),
                                 text_in(report, "described_by"));
  for (const Json& input : list_at(report, "inputs")) {
    const std::string image = text_in(input, "image");
    text += fmt::format("{}: {}\n", image.empty() ? "deterministic image" : image, text_in(input, "verdict"));
    if (input.contains("predictions")) text += predictions_text(input["predictions"]);
    for (const Json& figure : list_at(input, "figures")) {
      const bool agrees = figure.contains("agrees") && figure["agrees"] == true;
      text += fmt::format("  {:<10} {:<18} {:>9.2g}{} (allowed {:.2g}){}\n", text_in(figure, "value"),
                          text_in(figure, "group"), number_at(figure, "max_difference"),
                          text_in(figure, "role") == "boxes_px" ? " px" : "   ", number_at(figure, "allowed"),
                          agrees ? "" : "  DIFFERS");
    }
    if (input.contains("drawing")) text += fmt::format("  drawn in {}\n", text_in(input, "drawing"));
  }
  return text + fmt::format("{}\n", text_in(report, "verdict"));
}

void write(std::FILE* file, const std::string& text) { std::fwrite(text.data(), 1, text.size(), file); }

/// Figures are in the report already.
bool is_worth_showing(std::string_view line) { return line.find(" - INFO - ") == std::string_view::npos; }

}  // namespace

Result<int> run_verify(std::span<const std::string> arguments) {
  TRY(given, read_arguments("verify", arguments, kVerifyOptions));
  if (given.has("--help") || given.has("-h")) {
    write(stdout, std::string(kVerifyUsage));
    return 0;
  }
  if (given.positional.size() != 1) return fail(ErrorCode::kInvalidArgument, "verify takes one ARTIFACT");
  if (!given.has("--against")) return fail(ErrorCode::kInvalidArgument, "verify needs --against CHECKPOINT");
  if (given.has("--draw") && !given.has("--image"))
    return fail(ErrorCode::kInvalidArgument, "--draw needs photographs: --image FILE");
  const std::string checkpoint = given.value("--against");
  TRY(exporter, given.has("--exporter") ? exporter_at(given.value("--exporter")) : exporter_for(checkpoint));
  if (!exporter.has_extension("verify")) {
    return fail(ErrorCode::kInvalidArgument, "{} does not announce the extension verify", exporter.command.back());
  }
  std::vector<std::string> line = {"--checkpoint_path", checkpoint, "--verify", given.positional[0]};
  for (const std::string& image : given.values("--image")) line.insert(line.end(), {"--image", image});
  if (given.has("--draw")) line.insert(line.end(), {"--draw", given.value("--draw")});
  std::string answer;
  TRY(run, run_exporter(
               exporter, std::move(line), [&](std::string_view text) { answer += std::string(text) + "\n"; },
               [](std::string_view text) {
                 if (is_worth_showing(text)) write(stderr, printable(text) + "\n");
               }));
  if (answer.empty()) return run.exit_code == 0 ? 1 : run.exit_code;
  TRY(report, parse_json(answer, ErrorCode::kDamaged).in("the exporter's report"));
  write(stdout, given.has("--json") ? print_json(report) : verification_text(report));
  return run.exit_code;
}

}  // namespace modelport
