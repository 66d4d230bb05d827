#include <algorithm>

#include "checkpoint/container.h"
#include "checkpoint/pickle_rebuild.h"
#include "checkpoint/pickle_scan.h"

namespace modelport {
namespace {

/// Magic number, protocol, facts about the machine, the storage, its key; raw bytes follow.
constexpr size_t kPicklesOfLegacyFile = 5;
constexpr int kDeepestStorage = 4;

thread_local int storage_depth = 0;

/// Counts the storages that are read inside of each other.
class StorageDepth {
 public:
  StorageDepth() { ++storage_depth; }
  ~StorageDepth() { --storage_depth; }
  StorageDepth(const StorageDepth&) = delete;
  StorageDepth& operator=(const StorageDepth&) = delete;
};

Error loads_anything(const PickleCall& call, std::string_view what) {
  return fail(ErrorCode::kHostile, "it calls {}{}", call.callable.qualified_name(), what);
}

}  // namespace

Result<PickleValue> load_from_bytes(const PickleCall& call) {
  const auto held = call.arguments.size() == 1 ? call.arguments[0].as_bytes() : std::nullopt;
  if (!held || storage_depth == kDeepestStorage) return loads_anything(call, "");
  const std::span bytes(reinterpret_cast<const std::byte*>(held->data()), held->size());
  // torch.load looks at the bytes in the same way; what is no such file may be anything that it takes.
  if (container_from_bytes(bytes) != Container::kTorchLegacy) return loads_anything(call, "");
  CHECK_OK(take_work(call, bytes.size()));
  const StorageDepth depth;
  const PickleScan scan = scan_pickles(bytes, call.arena.families());
  const auto acting = std::ranges::find(scan.refused_calls, CallVerdict::kActs, &RefusedCall::verdict);
  if (acting != scan.refused_calls.end()) return loads_anything(call, " with a file in which " + acting->text);
  if (!scan.refused_calls.empty()) {
    return fail(ErrorCode::kUnknownContent, "it calls {} with a file in which {}", call.callable.qualified_name(),
                scan.refused_calls.front().text);
  }
  if (scan.pickles < kPicklesOfLegacyFile) return loads_anything(call, "");
  PickleStorage storage;
  storage.located = PickleStorage::Located::kLater;
  return PickleValue::storage(call.arena.new_storage(std::move(storage)));
}

}  // namespace modelport
