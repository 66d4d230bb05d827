#pragma once

#include <map>
#include <string>
#include <vector>

#include "checkpoint/class_aliases.h"

namespace modelport {

/// What the user says of module classes that only their project knows, by names as canonical_class_name() gives them.
struct ModuleAliases {
  /// Classes that compute what a class of the framework computes, from parts of the same names.
  ClassAliases classes;
  /// Classes whose forward() applies children one after another: their names in that order, "m.*" for every item of the
  /// list m. What else such a class has besides tensors and children is not read.
  std::map<std::string, std::vector<std::string>, std::less<>> chains;

  bool empty() const { return classes.empty() && chains.empty(); }
  friend bool operator==(const ModuleAliases&, const ModuleAliases&) = default;
};

}  // namespace modelport
