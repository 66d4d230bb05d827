#include <cstdint>

#include "checkpoint/checkpoint.h"
#include "checkpoint/safetensors.h"

/// Reads any bytes as a safetensors file, and every element of every tensor in it.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace modelport;
  PickleArena arena;
  const auto file = read_safetensors(std::as_bytes(std::span(data, size)), nullptr, arena);
  if (!file) return 0;
  for (const NamedTensor& named : list_tensors(file->root)) {
    if (dtype_info(named.tensor.dtype()).kind != DTypeKind::kComplex) named.tensor.to_doubles();
  }
  return 0;
}
