#pragma once

#include <memory>
#include <span>

#include "base/result.h"
#include "checkpoint/pickle_value.h"

namespace modelport {

/// Reads what torch.save wrote before PyTorch 1.6, and still does with _use_new_zipfile_serialization=False
/// (torch/serialization.py, _legacy_save): five pickles (magic number, protocol, system, object, storage keys), then
/// for each key an element count and the raw bytes. Tensors view `bytes`, which `owner` keeps alive.
Result<PickleValue> read_torch_legacy(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                                      PickleArena& arena);

}  // namespace modelport
