#include <cstdint>
#include <string_view>

#include "base/json.h"

/// Whatever parse_json takes, print_json writes so that it is read back equal.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto document = modelport::parse_json(text, modelport::ErrorCode::kDamaged);
  if (!document) return 0;
  const auto again = modelport::parse_json(modelport::print_json(*document), modelport::ErrorCode::kDamaged);
  if (!again || *again != *document) __builtin_trap();
  return 0;
}
