#include "artifact/protobuf.h"

#include "base/work_count.h"

namespace modelport {

namespace {

using Type = ProtobufField::Type;

/// Enough for any shape or list of a header.
constexpr size_t kMaxIntegers = 4096;

Error wrong_encoding(const ProtobufField& field) {
  return fail(ErrorCode::kDamaged, "field {} at byte {} has the wire type {}", field.number, field.offset,
              static_cast<int>(field.type));
}

}  // namespace

Result<int64_t> ProtobufField::as_integer() const {
  if (type != Type::kVarint) return wrong_encoding(*this);
  return static_cast<int64_t>(integer);
}

Result<std::string> ProtobufField::as_text() const {
  if (type != Type::kDelimited) return wrong_encoding(*this);
  count_work(bytes.size());
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

Status ProtobufField::append_integers(std::vector<int64_t>& values) const {
  if (type == Type::kVarint) {
    values.push_back(static_cast<int64_t>(integer));
  } else if (type == Type::kDelimited) {
    ProtobufReader list(bytes, payload_offset);
    while (!list.at_end() && values.size() <= kMaxIntegers) {
      TRY(value, list.varint());
      values.push_back(static_cast<int64_t>(value));
    }
  } else {
    return wrong_encoding(*this);
  }
  if (values.size() > kMaxIntegers)
    return fail(ErrorCode::kHostile, "field {} at byte {} lists more than {} numbers", number, offset, kMaxIntegers);
  return {};
}

Result<ProtobufReader> ProtobufReader::inside(const ProtobufField& field) {
  if (field.type != Type::kDelimited) return wrong_encoding(field);
  return ProtobufReader(field.bytes, field.payload_offset);
}

Result<std::span<const std::byte>> ProtobufReader::take(uint64_t count) {
  if (count > bytes_.size() - at_)
    return fail(ErrorCode::kDamaged, "{} bytes are announced at byte {}, {} are left", count, offset_ + at_,
                bytes_.size() - at_);
  const auto taken = bytes_.subspan(at_, static_cast<size_t>(count));
  at_ += static_cast<size_t>(count);
  return taken;
}

Result<uint64_t> ProtobufReader::varint() {
  uint64_t value = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    TRY(byte, take(1));
    count_work();
    const auto bits = static_cast<uint64_t>(byte[0]);
    if (shift < 64) value |= (bits & 0x7f) << shift;
    if ((bits & 0x80) == 0) return value;
  }
  return fail(ErrorCode::kDamaged, "a number that does not end before byte {}", offset_ + at_);
}

Result<ProtobufField> ProtobufReader::next() {
  ProtobufField field;
  count_work();
  field.offset = offset_ + at_;
  TRY(key, varint());
  field.number = static_cast<uint32_t>(key >> 3);
  if (field.number == 0 || key >> 3 > 0x1fffffff)
    return fail(ErrorCode::kDamaged, "field number {} at byte {}", key >> 3, field.offset);
  switch (key & 7) {
    case 0: {
      TRY(value, varint());
      field.integer = value;
      return field;
    }
    case 1:
    case 5: {
      field.type = (key & 7) == 1 ? Type::kFixed64 : Type::kFixed32;
      TRY(raw, take(field.type == Type::kFixed64 ? 8 : 4));
      for (size_t i = raw.size(); i > 0; --i) field.integer = field.integer << 8 | static_cast<uint64_t>(raw[i - 1]);
      return field;
    }
    case 2: {
      field.type = Type::kDelimited;
      TRY(length, varint());
      field.payload_offset = offset_ + at_;
      TRY(payload, take(length));
      field.bytes = payload;
      return field;
    }
    default:
      return fail(ErrorCode::kDamaged, "wire type {} at byte {}", key & 7, field.offset);
  }
}

}  // namespace modelport
