#include "convention/proof_levels.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/printable.h"

namespace modelport {

namespace {

using Giver = ProofLevel::Giver;

constexpr ProofLevel kProofLevels[] = {
    {"none", Giver::kExporter,
     "Nothing was proven of the numbers: compare this artifact with the model that it came from before you rely on it",
     false},
    {"structure", Giver::kExporter, "The file was read back and its structure is whole; its numbers were not compared",
     false},
    {"prepared", Giver::kExporter,
     "The ONNX file that the engine was built from is proven; the engine itself was not compared", false},
    {"loads", Giver::kService,
     "The file runs in its engine and gives the declared shapes; no checkpoint was compared with it", false},
    {"specification", Giver::kExporter,
     "The file was read back, evaluated operation by operation as the specification of its format defines them, and "
     "its "
     "outputs agree with the checkpoint's; it was not run in the engine",
     true},
    {"read_back", Giver::kExporter,
     "The file was read back and its outputs were computed and agree with the checkpoint's; it was not run in the "
     "engine",
     true},
    {"runtime", Giver::kExporter, "The file was run in its engine and its outputs agree with the checkpoint's", true},
};

constexpr size_t kLongestWordShown = 100;

}  // namespace

std::span<const ProofLevel> proof_levels() { return kProofLevels; }

const ProofLevel* find_proof_level(std::string_view word) {
  const auto row = std::ranges::find(kProofLevels, word, &ProofLevel::word);
  return row == std::end(kProofLevels) ? nullptr : row;
}

const ProofLevel& proof_level_of(std::string_view word) {
  const ProofLevel* row = find_proof_level(word);
  return row != nullptr ? *row : kProofLevels[0];
}

std::string proof_word(const Json& metadata) {
  const auto extra = metadata.find("extra_metadata");
  if (extra == metadata.end() || !extra->is_object()) return "none";
  const auto proof = extra->find("proof");
  if (proof == extra->end()) return "none";
  const Json level = proof->is_object() ? proof->value("level", Json()) : *proof;
  return level.is_string() ? level.get<std::string>() : "none";
}

Json with_known_levels(Json capabilities) {
  const auto formats = capabilities.find("formats");
  if (formats == capabilities.end()) return capabilities;
  for (Json& row : *formats) {
    const auto proof = row.find("proof");
    if (proof != row.end() && proof->is_string() && find_proof_level(proof->get<std::string>()) == nullptr)
      *proof = "none";
  }
  return capabilities;
}

std::string shown_proof(std::string_view word) {
  const std::string shown = printable(word.substr(0, kLongestWordShown));
  return find_proof_level(word) != nullptr ? shown : fmt::format("{} (not known, counts as none)", shown);
}

}  // namespace modelport
