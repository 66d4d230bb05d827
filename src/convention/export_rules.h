#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "artifact/readers.h"
#include "convention/check_export.h"

namespace modelport {

/// What the rules look at.
struct ExportSubject {
  const ExportDirectory* directory;  ///< Null where it could not be opened.
  const ArtifactFormat& format;
  const ExportExpectation& expected;
  std::string metadata_text;             ///< The bytes of metadata.json.
  Json metadata;                         ///< Null where it could not be read.
  std::optional<ArtifactHeader> header;  ///< Nothing where it could not be read.
  std::string header_error;              ///< Why not.

  /// A field of metadata.json; null where it is absent or null.
  const Json* field(std::string_view name) const;
  /// task_type, where it is one of the four; else empty.
  std::string_view task() const;
};

/// One requirement as code.
struct ExportRule {
  std::string_view id;
  /// Requirements whose failure makes this one's judgement worthless; they stand before it in the order of rules.
  std::array<std::string_view, 5> after;
  Judgement (*judge)(const ExportSubject& subject);
};

std::span<const ExportRule> file_rules();
std::span<const ExportRule> metadata_rules();
std::span<const ExportRule> artifact_rules();
/// Of what is said to have been proven; metadata.json alone is looked at.
std::span<const ExportRule> proof_rules();
/// What depends on the task, once that is known to be right.
std::span<const ExportRule> task_rules();

/// "[640, 640, 3]", -1 as "?".
std::string sizes_text(std::span<const int64_t> sizes);
/// The numbers of a list that has nothing else; nothing otherwise.
std::optional<std::vector<int64_t>> integers_of(const Json& list);

}  // namespace modelport
