#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "checkpoint/pickle_value.h"
#include "modules/class_aliases.h"

namespace modelport {

/// What the user says of module classes that only their project knows, by names as canonical_class_name() gives them.
struct ModuleAliases {
  /// Classes that compute what a class of the framework computes, from parts of the same names.
  ClassAliases classes;
  /// Classes whose forward() applies children one after another: their names in that order, "m.*" for every item of the
  /// list m. What else such a class has besides tensors and children is not read.
  std::map<std::string, std::vector<std::string>, std::less<>> chains;

  /// Every class that they speak of, by what it is read as: itself where its children are given.
  ClassAliases known_classes() const {
    ClassAliases known = classes;
    for (const auto& [source, children] : chains) known.emplace(source, source);
    return known;
  }
  bool empty() const { return classes.empty() && chains.empty(); }
  friend bool operator==(const ModuleAliases&, const ModuleAliases&) = default;
};

/// The option module_aliases: an object, or the path of a JSON file that holds one, from class names in the checkpoint
/// to the class of the framework that each stands for, or to the list of children that its forward() applies one after
/// another. Names that stand for names are followed. kInvalidArgument names what is of another kind and every cycle.
Result<ModuleAliases> read_module_aliases(const Json& value, CheckpointFamilies families);

/// The same object again, with every name followed to its end.
Json module_aliases_json(const ModuleAliases& aliases);

}  // namespace modelport
