#include <cstdint>

#include "checkpoint/checkpoint.h"
#include "checkpoint/torch_zip.h"

/// Reads any bytes as what torch.save writes, and the elements of the tensors in it.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace modelport;
  const auto zip = ZipReader::open(std::as_bytes(std::span(data, size)));
  if (!zip || classify_zip(*zip) != Container::kTorchZip) return 0;
  PickleArena arena;
  const auto root = read_torch_zip(*zip, size, nullptr, arena);
  if (!root) return 0;
  for (const NamedTensor& named : list_tensors(*root)) {
    const Tensor& tensor = named.tensor;
    // A stride of 0 makes any number of elements out of few bytes.
    if (dtype_info(tensor.dtype()).kind == DTypeKind::kComplex || tensor.element_count() > 1 << 16) continue;
    tensor.to_doubles();
  }
  return 0;
}
