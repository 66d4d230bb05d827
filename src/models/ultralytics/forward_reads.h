#pragma once

#include <span>
#include <string_view>

#include "checkpoint/checkpoint.h"
#include "modules/module_ledger.h"

/// Which attributes the forward() of each module class reads, over the releases of the framework: a table that
/// tools/make_forward_reads takes from their sources.
namespace modelport::ultralytics {

/// One class below ultralytics.nn. Lists are names with spaces between them.
struct ForwardReads {
  std::string_view module_class;
  /// What any release reads of it in forward() and in all that forward() calls at inference.
  std::string_view reads;
  /// What its __init__ writes: one list for each set that releases wrote together, separated by '|'.
  std::string_view written;
};
std::span<const ForwardReads> forward_reads();

/// Ignores what was left unread and no release reads: an attribute that holds data and nothing that could be called,
/// of a class of the package, in a checkpoint whose `version` is within the table's releases. One line of the log for
/// each class and attribute. What stays unaccounted for gets a hint that names the release and the table: of a release
/// beyond the table or of none, of a class that carries what no single release writes (a fork), of a class without a
/// row, or something that a forward() reads.
void ignore_what_no_forward_reads(const Checkpoint& checkpoint, Ledger& ledger);

}  // namespace modelport::ultralytics
