#include <cstdint>

#include "formats/openvino/reader.h"

/// Reads any bytes as the XML of an OpenVINO IR without weights.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto model = modelport::openvino::read_openvino(std::as_bytes(std::span(data, size)), nullptr);
  static_cast<void>(model);
  return 0;
}
