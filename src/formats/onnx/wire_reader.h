#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/onnx/layout.h"

namespace modelport::onnx {

/// One protobuf field: its number and payload, and where in the file it began (for messages).
struct WireField {
  uint32_t number = 0;
  layout::WireType type = layout::WireType::kVarint;
  uint64_t offset = 0;               ///< Of the key, from the beginning of the file.
  uint64_t integer = 0;              ///< kVarint, kFixed32, kFixed64: the bits.
  std::span<const std::byte> bytes;  ///< kDelimited: the payload, inside the file.
  uint64_t payload_offset = 0;       ///< kDelimited: where it begins in the file.

  /// The payload as what the grammar says this field is; kDamaged naming `what` and the offset when it is encoded as
  /// something else or, for text, is not UTF-8.
  Result<int64_t> as_int(std::string_view what) const;
  Result<float> as_float(std::string_view what) const;
  Result<std::string> as_text(std::string_view what) const;
  Result<std::span<const std::byte>> as_bytes(std::string_view what) const;
  /// Appends one varint, or a packed list of them.
  Status append_ints(std::string_view what, std::vector<int64_t>& values) const;
};

/// Reads the fields of one protobuf message. Every length is checked against the message before it is believed.
class WireReader {
 public:
  /// `offset`: where `bytes` begins in the file.
  WireReader(std::span<const std::byte> bytes, uint64_t offset) : bytes_(bytes), offset_(offset) {}
  /// The fields of an embedded message.
  static Result<WireReader> inside(const WireField& field, std::string_view what);

  bool at_end() const { return at_ == bytes_.size(); }
  /// The next field; kDamaged when it is malformed or reaches beyond the message.
  Result<WireField> next();
  /// The next bare varint of a packed list.
  Result<uint64_t> varint();
  uint64_t offset() const { return offset_ + at_; }

 private:
  Result<std::span<const std::byte>> take(uint64_t count);

  std::span<const std::byte> bytes_;
  uint64_t offset_;
  size_t at_ = 0;
};

}  // namespace modelport::onnx
