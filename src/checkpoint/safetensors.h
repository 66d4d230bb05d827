#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "checkpoint/pickle_value.h"

namespace modelport {

struct SafetensorsFile {
  /// A dict from name to tensor, in the order of the header; the arena owns it.
  PickleValue root;
  /// `__metadata__`.
  std::map<std::string, std::string> metadata;
};

/// Reads a safetensors file under its strictest rules (github.com/huggingface/safetensors, README "Format"): the header
/// is at most 100 MB of JSON that begins with '{' and has no key twice, metadata is text, the tensors' byte ranges fill
/// the buffer without holes or overlaps. Tensors view `bytes`, which `owner` keeps alive. Errors: kDamaged with the
/// offset or the tensor's name, kUnsupportedModel for an element type that is not read.
Result<SafetensorsFile> read_safetensors(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                                         PickleArena& arena);

}  // namespace modelport
