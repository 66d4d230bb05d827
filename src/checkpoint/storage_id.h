#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "checkpoint/pickle_value.h"

namespace modelport {

/// torch's persistent id of a storage: ('storage', type, key, location, element count[, view]).
struct StorageId {
  std::string key;
  DType dtype = DType::kUInt8;
  PickleStorage::Typed typed = PickleStorage::Typed::kYes;
  int64_t element_count = 0;
  int64_t byte_count = 0;
  /// A part of the storage, in elements (legacy files only).
  struct View {
    std::string key;
    int64_t offset = 0;
    int64_t element_count = 0;
  };
  std::optional<View> view;
};

/// Parses it; kDamaged when it is malformed, kUnsupportedModel for a storage type that is not read.
Result<StorageId> parse_storage_id(const PickleValue& id);

}  // namespace modelport
