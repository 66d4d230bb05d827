#pragma once

#include <optional>

#include "checkpoint/pickle_value.h"

namespace modelport {

/// Element type of a typed storage class, such as torch.FloatStorage (torch/__init__.py, torch/storage.py); nothing
/// for other names.
std::optional<DType> storage_dtype(const PickleGlobal& type);

/// Whether the class is torch's untyped storage, whose sizes count bytes.
bool is_untyped_storage(const PickleGlobal& type);

/// The dtype a global such as `torch.float32` names.
std::optional<DType> dtype_from_global(const PickleGlobal& global);

}  // namespace modelport
