#include "formats/onnx/wire_reader.h"

#include <bit>

#include "base/work_count.h"

namespace modelport::onnx {

using layout::WireType;

namespace {

Error mistyped(std::string_view what, const WireField& field) {
  return fail(ErrorCode::kDamaged, "{} at offset {} has protobuf wire type {}", what, field.offset,
              static_cast<int>(field.type));
}

/// Well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t length = lead < 0x80 ? 1 : lead >= 0xc2 && lead < 0xe0 ? 2 : (lead & 0xf0) == 0xe0 ? 3 : 4;
    if (length == 4 && (lead < 0xf0 || lead > 0xf4)) return false;
    if (length > text.size() - i) return false;
    uint32_t code = length == 1 ? lead : lead & (0xffu >> (length + 1));
    for (size_t k = 1; k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xc0) != 0x80) return false;
      code = code << 6 | (next & 0x3fu);
    }
    if (length == 3 && (code < 0x800 || (code >= 0xd800 && code < 0xe000))) return false;
    if (length == 4 && (code < 0x10000 || code > 0x10ffff)) return false;
    i += length;
  }
  return true;
}

uint64_t little_endian(std::span<const std::byte> bytes) {
  uint64_t value = 0;
  for (size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<uint64_t>(bytes[i]);
  return value;
}

}  // namespace

Result<int64_t> WireField::as_int(std::string_view what) const {
  if (type != WireType::kVarint) return mistyped(what, *this);
  return static_cast<int64_t>(integer);
}

Result<float> WireField::as_float(std::string_view what) const {
  if (type != WireType::kFixed32) return mistyped(what, *this);
  return std::bit_cast<float>(static_cast<uint32_t>(integer));
}

Result<std::span<const std::byte>> WireField::as_bytes(std::string_view what) const {
  if (type != WireType::kDelimited) return mistyped(what, *this);
  return bytes;
}

Result<std::string> WireField::as_text(std::string_view what) const {
  if (type != WireType::kDelimited) return mistyped(what, *this);
  std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  count_work(text.size());
  if (!is_utf8(text)) return fail(ErrorCode::kDamaged, "{} at offset {} is not UTF-8", what, offset);
  return text;
}

Status WireField::append_ints(std::string_view what, std::vector<int64_t>& values) const {
  if (type == WireType::kVarint) {
    values.push_back(static_cast<int64_t>(integer));
    return {};
  }
  if (type != WireType::kDelimited) return mistyped(what, *this);
  WireReader packed(bytes, payload_offset);
  while (!packed.at_end()) {
    TRY(value, packed.varint());
    values.push_back(static_cast<int64_t>(value));
  }
  return {};
}

Result<WireReader> WireReader::inside(const WireField& field, std::string_view what) {
  TRY(bytes, field.as_bytes(what));
  return WireReader(bytes, field.payload_offset);
}

Result<uint64_t> WireReader::varint() {
  count_work();
  const uint64_t begin = offset();
  uint64_t value = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    if (at_end()) return fail(ErrorCode::kDamaged, "a varint at offset {} is truncated", begin);
    const auto group = static_cast<uint64_t>(bytes_[at_++]);
    if (shift == 63 && (group & 0x7f) > 1) break;
    value |= (group & 0x7f) << shift;
    if (group < 0x80) return value;
  }
  return fail(ErrorCode::kDamaged, "a varint at offset {} is longer than 64 bits", begin);
}

Result<std::span<const std::byte>> WireReader::take(uint64_t count) {
  if (count > bytes_.size() - at_) {
    return fail(ErrorCode::kDamaged, "a field at offset {} claims {} bytes where {} are left", offset(), count,
                bytes_.size() - at_);
  }
  const auto taken = bytes_.subspan(at_, static_cast<size_t>(count));
  at_ += static_cast<size_t>(count);
  return taken;
}

Result<WireField> WireReader::next() {
  WireField field;
  field.offset = offset();
  TRY(key, varint());
  if (key >> 3 == 0 || key >> 32 != 0) {
    return fail(ErrorCode::kDamaged, "a field at offset {} has the impossible number {}", field.offset, key >> 3);
  }
  field.number = static_cast<uint32_t>(key >> 3);
  field.type = static_cast<WireType>(key & 7);
  switch (field.type) {
    case WireType::kVarint: {
      TRY(value, varint());
      field.integer = value;
      return field;
    }
    case WireType::kFixed64:
    case WireType::kFixed32: {
      TRY(bytes, take(field.type == WireType::kFixed64 ? 8 : 4));
      field.integer = little_endian(bytes);
      return field;
    }
    case WireType::kDelimited: {
      TRY(length, varint());
      field.payload_offset = offset();
      TRY(bytes, take(length));
      field.bytes = bytes;
      return field;
    }
    default:
      return fail(ErrorCode::kDamaged, "a field at offset {} has the unknown protobuf wire type {}", field.offset,
                  key & 7);
  }
}

}  // namespace modelport::onnx
