#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "checkpoint/checkpoint.h"

namespace modelport {

/// What a checkpoint says about itself, as far as it can be told without knowing its architecture. Empty or zero where
/// it says nothing.
struct CheckpointFacts {
  /// Guessed from the package that the model's class, or any of its classes, comes from, by the families' rows;
  /// "pytorch" (modules of PyTorch only) or "state_dict" (tensors only).
  std::string framework;
  std::string framework_version;
  std::string date;
  std::string license;
  /// Class of the pickled network, after aliases.
  std::string model_class;
  /// The framework's own word, such as "detect".
  std::string task;
  /// What the model says that it is, or the checkpoint's `arch`.
  std::string architecture;
  std::vector<std::string> class_names;
  /// Elements of the network's parameters (of all float tensors where it is a state_dict).
  int64_t parameter_count = 0;
  /// Scalars among `train_args` or `args`, as text.
  std::vector<std::pair<std::string, std::string>> train_args;
};

CheckpointFacts describe_checkpoint(const Checkpoint& checkpoint);

/// The entries of a `names` value, list or dict, in index order; empty when it is neither or has holes.
std::vector<std::string> names_in_order(const PickleValue& names);

}  // namespace modelport
