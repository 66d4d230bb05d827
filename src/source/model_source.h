#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "checkpoint/checkpoint.h"
#include "modules/module_ledger.h"
#include "weights/account.h"
#include "weights/config_view.h"
#include "weights/state_dict.h"

namespace modelport {

/// A checkpoint as a translation reads it: the names that its trainer found in it, all of them in one account. Which of
/// the sources are there is the trainer's choice.
struct ModelSource {
  explicit ModelSource(const Checkpoint& opened) : checkpoint(opened) {}

  const Checkpoint& checkpoint;
  Account account;
  std::unique_ptr<Ledger> modules;               ///< The pickled network.
  std::unique_ptr<StateDict> tensors;            ///< Tensors by name.
  std::vector<std::unique_ptr<Config>> configs;  ///< config.json, `args` ...

  /// The configuration of this name, or null.
  const Config* find_config(std::string_view name) const {
    for (const std::unique_ptr<Config>& config : configs) {
      if (config->name() == name) return config.get();
    }
    return nullptr;
  }
};

}  // namespace modelport
