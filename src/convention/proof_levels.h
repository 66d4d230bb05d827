#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/json.h"

namespace modelport {

/// How far a file was proven: a row of the table "Levels of proof" of convention/convention.md.
struct ProofLevel {
  enum class Giver { kExporter, kService };

  std::string_view word;     ///< "read_back"
  Giver given_by;            ///< Who may say it of a file.
  std::string_view meaning;  ///< What exit code 0 says of the file.
  bool is_green;             ///< Whether it may be shown as proven: its numbers were compared with the checkpoint's.
};

/// All of them, in the order of the table.
std::span<const ProofLevel> proof_levels();

/// The row of this word; null for a word that is not of the table.
const ProofLevel* find_proof_level(std::string_view word);

/// What a reader takes this word for: its row; that of "none" for a word that is not of the table.
const ProofLevel& proof_level_of(std::string_view word);

/// What metadata.json calls its proof: extra_metadata.proof.level, or extra_metadata.proof itself where that is a text.
/// "none" where it says nothing. It may be anybody's word.
std::string proof_word(const Json& metadata);

/// What --capabilities printed, with "none" in the place of every word of proof that is not of the table.
Json with_known_levels(Json capabilities);

/// The word as a person is shown it, on one line: "read_back"; "rumour (not known, counts as none)".
std::string shown_proof(std::string_view word);

}  // namespace modelport
