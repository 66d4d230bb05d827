#pragma once

#include <functional>
#include <string_view>

#include "formats/chunked_output.h"
#include "graph/weight_recipe.h"

namespace modelport::onnx {

/// Writes protobuf fields, or only counts their bytes: an embedded message is preceded by its size, so its body runs
/// once to be counted and once to be written.
class WireWriter {
 public:
  /// Without an output, bytes are only counted.
  explicit WireWriter(ChunkedOutput* output = nullptr) : output_(output) {}

  void varint(uint32_t field, uint64_t value);
  void fixed32(uint32_t field, float value);
  void text(uint32_t field, std::string_view value);
  /// A delimited field that holds the recipe's elements, converted chunk by chunk.
  void elements(uint32_t field, const WeightRecipe& data);
  void message(uint32_t field, const std::function<void(WireWriter&)>& body);

  /// Bytes counted or written so far.
  uint64_t size() const { return size_; }

 private:
  void put(std::span<const std::byte> bytes);
  void put_varint(uint64_t value);
  void put_key(uint32_t field, uint32_t wire_type);

  ChunkedOutput* output_;
  uint64_t size_ = 0;
};

}  // namespace modelport::onnx
