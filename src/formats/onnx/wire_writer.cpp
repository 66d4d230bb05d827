#include "formats/onnx/wire_writer.h"

#include <algorithm>
#include <bit>

#include "formats/onnx/layout.h"

namespace modelport::onnx {

using layout::WireType;

void WireWriter::put(std::span<const std::byte> bytes) {
  size_ += bytes.size();
  if (output_ != nullptr) output_->append(bytes);
}

void WireWriter::put_varint(uint64_t value) {
  std::array<std::byte, 10> bytes{};
  size_t count = 0;
  for (; value >= 0x80; value >>= 7) bytes[count++] = static_cast<std::byte>(value | 0x80);
  bytes[count++] = static_cast<std::byte>(value);
  put(std::span(bytes).first(count));
}

void WireWriter::put_key(uint32_t field, uint32_t wire_type) { put_varint(field << 3 | wire_type); }

void WireWriter::varint(uint32_t field, uint64_t value) {
  put_key(field, static_cast<uint32_t>(WireType::kVarint));
  put_varint(value);
}

void WireWriter::fixed32(uint32_t field, float value) {
  put_key(field, static_cast<uint32_t>(WireType::kFixed32));
  const auto bits = std::bit_cast<uint32_t>(value);
  std::array<std::byte, 4> bytes{};
  for (size_t i = 0; i < 4; ++i) bytes[i] = static_cast<std::byte>(bits >> (8 * i));
  put(bytes);
}

void WireWriter::text(uint32_t field, std::string_view value) {
  put_key(field, static_cast<uint32_t>(WireType::kDelimited));
  put_varint(value.size());
  put(std::as_bytes(std::span(value)));
}

void WireWriter::elements(uint32_t field, const WeightRecipe& data) {
  const int64_t element_bytes = dtype_bytes(data.dtype());
  put_key(field, static_cast<uint32_t>(WireType::kDelimited));
  put_varint(static_cast<uint64_t>(data.element_count() * element_bytes));
  size_ += static_cast<uint64_t>(data.element_count() * element_bytes);
  if (output_ == nullptr) return;
  const int64_t chunk = static_cast<int64_t>(ChunkedOutput::kChunkBytes) / element_bytes;
  for (int64_t begin = 0; begin < data.element_count() && !output_->failed(); begin += chunk) {
    const int64_t count = std::min(chunk, data.element_count() - begin);
    data.read_bytes(begin, output_->claim(static_cast<size_t>(count * element_bytes)));
  }
}

void WireWriter::message(uint32_t field, const std::function<void(WireWriter&)>& body) {
  WireWriter counter;
  body(counter);
  put_key(field, static_cast<uint32_t>(WireType::kDelimited));
  put_varint(counter.size());
  if (output_ == nullptr) {
    size_ += counter.size();
  } else {
    body(*this);
  }
}

}  // namespace modelport::onnx
