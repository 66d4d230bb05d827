#pragma once

#include <string>
#include <vector>

#include "checkpoint/checkpoint.h"

namespace modelport {

/// The pickled network as the file holds it: the entry that the families' model_keys name, else the root itself, else
/// the one that stands anywhere outside of other modules. An nn.Module, or what is around one (wrappers.h); None where
/// there is none or several.
PickleValue find_model(const Checkpoint& checkpoint);
/// The module inside of it and of lists of one module; null where the checkpoint holds only tensors.
const PickleObject* model_root(const Checkpoint& checkpoint);

/// A module that stands outside of other modules, without what is around it, and the key of the top-level dict that
/// leads to it ("" where the top is no dict).
struct OutermostModule {
  std::string key;
  const PickleObject* module = nullptr;
};
std::vector<OutermostModule> outermost_modules(const Checkpoint& checkpoint);

}  // namespace modelport
