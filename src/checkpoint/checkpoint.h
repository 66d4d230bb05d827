#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "checkpoint/checkpoint_family.h"
#include "checkpoint/container.h"
#include "checkpoint/pickle_scan.h"
#include "checkpoint/pickle_value.h"
#include "io/mapped_file.h"
#include "tensor/tensor.h"

namespace modelport {

/// A tensor and where it hangs: "ema.model.0.conv.weight", as `a.b.0` through dict keys, attributes and indices.
struct NamedTensor {
  std::string name;
  Tensor tensor;
  PickleTensor::Role role = PickleTensor::Role::kTensor;
};

/// One of the files that a checkpoint was read from.
struct CheckpointFile {
  std::string name;  ///< Its own, without directories.
  std::shared_ptr<const MappedFile> file;
};

/// An opened checkpoint: the inert tree of what was pickled, and views of its tensors. Nothing in it was executed.
struct Checkpoint {
  std::string path;
  Container container = Container::kTorchZip;
  std::vector<CheckpointFile> files;  ///< One, or what was read of a directory.
  std::shared_ptr<const PickleArena> arena;
  /// What torch.load would return; a dict from name to tensor for safetensors and directories.
  PickleValue root;
  /// `__metadata__` of a safetensors file.
  std::map<std::string, std::string> metadata;
  /// The configurations of a directory by file name: "config.json".
  std::map<std::string, Json, std::less<>> documents;

  /// The families by whose rows it was read.
  CheckpointFamilies families() const { return arena->families(); }
  /// Of all files together.
  int64_t byte_count() const;
  /// kDamaged when a file shrank or was modified since it was opened.
  Status check_intact() const;
  /// An entry of the top-level dict, or null.
  const PickleValue* find(std::string_view key) const;
  /// Every class and function that the pickles name, in order of first appearance.
  std::vector<PickleGlobal> globals() const;
};

/// Opens a checkpoint of a readable container as data; `families` (as long-lived as the checkpoint) say what
/// checkpoints of their frameworks hold. A directory is read as hub_directory.h says. Errors: kNotFound, kUnreadable
/// (also a directory of another kind), kDamaged (names the offset), kHostile (names what it would call),
/// kUnknownContent (names what it calls), kUnsupportedModel (a container that is recognised but not read, named).
Result<Checkpoint> open_checkpoint(const std::string& path, CheckpointFamilies families = {});

/// The same of a file; a directory is kUnreadable.
Result<Checkpoint> open_checkpoint_file(const std::string& path, CheckpointFamilies families = {});

/// What a file says about itself, whether or not it can be opened: for reports. Container and pickles only; nothing is
/// believed.
struct CheckpointSurvey {
  Container container = Container::kUnknown;
  /// Every pickle in the file, by member name (the file itself: "").
  std::vector<std::pair<std::string, PickleScan>> pickles;
};
Result<CheckpointSurvey> survey_checkpoint(const std::string& path, CheckpointFamilies families = {});

/// Every tensor reachable from `root`, in pickle order, each once, at the first name that leads to it.
std::vector<NamedTensor> list_tensors(const PickleValue& root);

}  // namespace modelport
