#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace modelport {

/// One field of a protobuf message (protobuf.dev, "Encoding").
struct ProtobufField {
  uint32_t number = 0;
  enum class Type : uint8_t { kVarint = 0, kFixed64 = 1, kDelimited = 2, kFixed32 = 5 } type = Type::kVarint;
  uint64_t offset = 0;               ///< Where in the file it begins.
  uint64_t integer = 0;              ///< Of kVarint, kFixed32 and kFixed64: the bits.
  std::span<const std::byte> bytes;  ///< Of kDelimited: the payload.
  uint64_t payload_offset = 0;       ///< Of kDelimited: where the payload begins in the file.

  /// kDamaged where the field is encoded as something else.
  Result<int64_t> as_integer() const;
  Result<std::string> as_text() const;
  /// Appends one integer, or a packed list of them.
  Status append_integers(std::vector<int64_t>& values) const;
};

/// The fields of one message, one after the other; a length is checked against the message before it is believed.
class ProtobufReader {
 public:
  /// `offset`: where `bytes` begins in the file.
  explicit ProtobufReader(std::span<const std::byte> bytes, uint64_t offset = 0) : bytes_(bytes), offset_(offset) {}
  /// The fields of an embedded message.
  static Result<ProtobufReader> inside(const ProtobufField& field);

  bool at_end() const { return at_ == bytes_.size(); }
  Result<ProtobufField> next();
  Result<uint64_t> varint();

 private:
  Result<std::span<const std::byte>> take(uint64_t count);

  std::span<const std::byte> bytes_;
  uint64_t offset_;
  size_t at_ = 0;
};

}  // namespace modelport
