#include "service/artifacts/readme.h"

#include <array>

#include "base/printable.h"

namespace modelport {

namespace {

struct ProofRow {
  std::string_view level, meaning;
};
constexpr std::array<ProofRow, 4> kProofs = {{
    {"none",
     "Nothing was proven of the numbers: compare this artifact with the model that it came from before you rely on "
     "it."},
    {"structure", "The file was read back and its structure is whole; its numbers were not compared."},
    {"read_back",
     "The file was read back and its outputs were computed and compared with the checkpoint's; it was not run in the "
     "engine."},
    {"runtime", "The file was run in its engine and its outputs agree with the checkpoint's."},
}};

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

std::string proof_section(const Json& metadata) {
  const std::string level = proof_level(metadata);
  for (const ProofRow& row : kProofs) {
    if (row.level == level)
      return fmt::format("## What was proven: {}\n\n{}\nThe checks and their figures are in `metadata.json`.\n\n",
                         level, row.meaning);
  }
  return "";
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
  std::string out = "## Files\n\n";
  for (const std::string& file : files) out += fmt::format("- {}\n", inert(file));
  return out + fmt::format("- {}: size and sha256 of every file here\n", manifest_name(files));
}

}  // namespace

std::string manifest_name(const std::vector<std::string>& files) {
  const bool is_taken = std::ranges::find(files, "manifest.json") != files.end();
  return is_taken ? "package_manifest.json" : "manifest.json";
}

std::string proof_level(const Json& metadata) {
  const auto extra = metadata.find("extra_metadata");
  if (extra == metadata.end() || !extra->is_object()) return "none";
  const auto proof = extra->find("proof");
  if (proof == extra->end()) return "none";
  const Json level = proof->is_object() ? proof->value("level", Json()) : *proof;
  if (!level.is_string()) return "none";
  for (const ProofRow& row : kProofs) {
    if (row.level == level.get<std::string>()) return std::string(row.level);
  }
  return "none";
}

std::string package_readme(const Json& metadata, const std::vector<std::string>& files,
                           std::span<const Snippet> snippets) {
  return model_section(metadata) + proof_section(metadata) + use_section(snippets) + file_section(files);
}

}  // namespace modelport
