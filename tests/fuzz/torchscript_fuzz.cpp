#include <cstdint>
#include <span>

#include "formats/torchscript/torch_model.h"

/// Reads any bytes as the code of a TorchScript archive, and as its signature.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto code = modelport::torchscript::parse_torch_code(text);
  if (code && modelport::torchscript::print_torch_code(*code) != text) __builtin_trap();
  modelport::torchscript::TorchModel model;
  const auto signature = modelport::torchscript::read_torch_signature(text, model);
  static_cast<void>(signature);
  return 0;
}
