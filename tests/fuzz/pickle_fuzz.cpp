#include <cstdint>

#include "checkpoint/checkpoint.h"
#include "checkpoint/pickle_reader.h"
#include "checkpoint/pickle_scan.h"

/// Reads any bytes as a pickle, strictly and for a report; nothing may be called, both must end.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace modelport;
  const auto bytes = std::as_bytes(std::span(data, size));
  const PickleLimits limits = {.bytes = 1 << 20, .stack = 1 << 12, .memo = 1 << 16, .work = 1 << 18};
  const PersistentLoader no_storage = [](const PickleValue&) -> Result<PickleValue> { return PickleValue(); };
  PickleArena arena;
  const auto read = read_pickle(bytes, arena, no_storage, limits);
  if (read) {
    if (read->size > size) __builtin_trap();
    list_tensors(read->value);
  }
  const PickleScan scan = scan_pickles(bytes);
  if (read && scan.pickles == 0) __builtin_trap();
  return 0;
}
