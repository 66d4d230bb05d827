#include "service/artifacts/readme.h"

#include <limits>

#include "base/printable.h"
#include "convention/proof_levels.h"

namespace modelport {

namespace {

/// Text from a model, as text in Markdown.
std::string inert(std::string_view text) {
  std::string out;
  for (const char c : printable(text.substr(0, 200))) {
    if (std::string_view("\\`*_{}[]<>()#+!|~&").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string text_of(const Json& metadata, const char* key) {
  const auto found = metadata.find(key);
  return found != metadata.end() && found->is_string() ? inert(found->get<std::string>()) : "";
}

std::string shape_of(const Json& metadata, const char* key) {
  const auto found = metadata.find(key);
  if (found == metadata.end()) return "";
  return inert(found->dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::string model_section(const Json& metadata) {
  std::string out = fmt::format("# {} as {}\n\n", text_of(metadata, "model_name"), text_of(metadata, "export_format"));
  out += fmt::format("A {} model of {}.\n\n", text_of(metadata, "task_type"), text_of(metadata, "framework"));
  out += fmt::format("- input: {} {}\n", shape_of(metadata, "input_shape"), text_of(metadata, "input_dtype"));
  out += fmt::format("- outputs: {}\n", shape_of(metadata, "output_shape"));
  if (const auto classes = metadata.find("num_classes"); classes != metadata.end() && classes->is_number_integer())
    out += fmt::format("- classes: {}, named in `metadata.json`\n", classes->get<int64_t>());
  return out + "\n";
}

double number_of(const Json& figure, const char* key) {
  const auto found = figure.find(key);
  return found != figure.end() && found->is_number() ? found->get<double>() : std::numeric_limits<double>::quiet_NaN();
}

Json list_in(const Json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found != object.end() && found->is_array() ? *found : Json::array();
}

/// How far the file is from the checkpoint, a line for every group of every output.
std::string figure_lines(const Json& proof) {
  std::string out;
  for (const Json& check : list_in(proof, "checks")) {
    for (const Json& figure : list_in(check, "figures")) {
      if (!figure.is_object()) continue;
      const std::string unit = text_of(figure, "unit"), space = unit.empty() ? "" : " ";
      out += fmt::format("- {} {}: {:.2g}{}{} from the checkpoint, allowed is {:.2g}{}{} (computed by {})\n",
                         text_of(figure, "value"), text_of(figure, "group"), number_of(figure, "max_difference"), space,
                         unit, number_of(figure, "allowed"), space, unit, text_of(check, "engine"));
    }
  }
  return out.empty() ? "" : "\n" + out + "\n";
}

std::string proof_section(const Json& metadata, const Json& proof) {
  const ProofLevel& level = proof_level_of(proof.is_object() ? proof.value("level", "none") : "none");
  const std::string by = text_of(proof, "by"), reason = text_of(proof, "reason");
  return fmt::format(
      "## What was proven: {}\n\n{}.\n{}{}{}`{}` holds what was found.\n\n"
      "The exporter's own claim, which nobody checked: {}. Its figures are in `metadata.json`.\n\n",
      inert(level.word), level.meaning, figure_lines(proof), by.empty() ? "" : fmt::format("Judged by {}. ", by),
      reason.empty() ? "" : fmt::format("Why no more: {}. ", reason), kProofFile,
      inert(shown_proof(proof_word(metadata))));
}

std::string use_section(std::span<const Snippet> snippets) {
  std::string out = "## Use it\n\n";
  for (const Snippet& snippet : snippets) {
    if (snippet.usage.empty()) continue;
    out += fmt::format("{} (`snippets/{}`; needs {}):\n\n    {}\n\n", snippet.language, snippet.name, snippet.needs,
                       snippet.usage);
  }
  return out +
         "`metadata.json` says how a picture becomes the input (`preprocessing`), what the outputs mean and how they "
         "become predictions (`postprocessing`).\n\n";
}

std::string file_section(const std::vector<std::string>& files) {
  std::string out = fmt::format("## Files\n\n- {}: what the service found of the artifact\n", kProofFile);
  for (const std::string& file : files) out += fmt::format("- {}\n", inert(file));
  return out + fmt::format("- {}: size and sha256 of every file here\n", manifest_name(files));
}

}  // namespace

std::string readme_name(const std::vector<std::string>& files) {
  const bool is_taken = std::ranges::find(files, "README.md") != files.end();
  return is_taken ? "package_README.md" : "README.md";
}

std::string manifest_name(const std::vector<std::string>& files) {
  const bool is_taken = std::ranges::find(files, "manifest.json") != files.end();
  return is_taken ? "package_manifest.json" : "manifest.json";
}

std::string package_readme(const Json& metadata, const Json& proof, const std::vector<std::string>& files,
                           std::span<const Snippet> snippets) {
  return model_section(metadata) + proof_section(metadata, proof) + use_section(snippets) + file_section(files);
}

}  // namespace modelport
