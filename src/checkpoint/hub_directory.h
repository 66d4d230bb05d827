#pragma once

#include "checkpoint/checkpoint.h"

namespace modelport {

/// Whether `path` is a directory that holds a config.json.
bool is_hub_directory(const std::string& path);

/// Opens a directory as hubs and save_pretrained write it, as one checkpoint: config.json, preprocessor_config.json
/// where there is one, and the first there is of model.safetensors, model.safetensors.index.json with the shards that
/// it names, pytorch_model.bin and pytorch_model.bin.index.json. No other file is looked at. A name that is no plain
/// file name, and a link that leads out of the directory, are kHostile; links of the hub's cache lead from
/// snapshots/REVISION to files in its own blobs folder. Errors: those of the files, kInconsistentModel where the index
/// and the shards disagree (names the tensor), kUnsupportedModel where there are no weights.
Result<Checkpoint> open_hub_directory(const std::string& path, CheckpointFamilies families);

}  // namespace modelport
