#include <array>
#include <cstdint>

#include "artifact/readers.h"

/// Reads any bytes as the header of every format, and what was noted in it.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace modelport;
  const auto bytes = std::as_bytes(std::span(data, size));
  using Reader = Result<ArtifactHeader> (*)(std::span<const std::byte>);
  for (const Reader read : {read_onnx_header, read_tflite_header, read_openvino_header, read_torchscript_header,
                            read_coreml_spec, recognise_tensorrt}) {
    const auto header = read(bytes);
    if (header) static_cast<void>(recorded_classes(*header));
  }
  static_cast<void>(read_coreml_manifest({reinterpret_cast<const char*>(data), size}));
  return 0;
}
