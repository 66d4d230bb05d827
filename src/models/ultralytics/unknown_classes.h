#pragma once

#include <string>
#include <vector>

#include "modules/module_ledger.h"

namespace modelport::ultralytics {

/// A module class of a checkpoint that nothing here translates.
struct UnknownClass {
  std::string name;
  std::string first_path;
  size_t count = 0;
  /// Its children where they are numbered from 0, as those of a Sequential are; else 0.
  size_t numbered_children = 0;
};

/// Each once, in the order of the tree; what the ignore rules leave out is not looked at.
std::vector<UnknownClass> unknown_classes(const Ledger& ledger, const ClassAliases& aliases);

/// An entry for the option module_aliases that makes this class another: `{"mine.Conv": "ultralytics...Conv"}`.
std::string alias_example(std::string_view name, std::string_view meaning);

/// "Not translated: ..." with every unknown class, where it stands, the nearest known one or why it has no translation,
/// and what a user can do. For a checkpoint that was read whole and found honest.
Error refuse_unknown_classes(const std::vector<UnknownClass>& unknown);

/// docs/known_classes.md: every class that is translated.
std::string known_classes_page();

}  // namespace modelport::ultralytics
