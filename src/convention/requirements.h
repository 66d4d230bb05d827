#pragma once

#include <span>
#include <string_view>

namespace modelport {

/// MUST: the convention's own text states it. SHOULD: it recommends it, or we add it.
enum class Level { kMust, kShould };

std::string_view level_name(Level level);

/// Chapters of convention/convention.md, in its order.
enum class Group {
  kCommandLine,
  kExitCodes,
  kFiles,
  kMetadata,
  kArtifact,
  kProof,
  kLogs,
  kIsolation,
  kRobustness,
  kEngine,
  kCapabilities,
  kHostile,
};

/// "Command line", as headings of a report.
std::string_view group_title(Group group);

std::span<const Group> all_groups();

/// One numbered requirement of convention/convention.md, which says the reason as well.
struct Requirement {
  std::string_view id;  ///< "EXP-001"
  Group group;
  Level level;
  std::string_view title;
  std::string_view hint;  ///< What an author does where it fails.
};

/// All of them, in the order of their numbers.
std::span<const Requirement> requirements();

/// The row of this identifier; it must be one of the table.
const Requirement& requirement(std::string_view id);

}  // namespace modelport
