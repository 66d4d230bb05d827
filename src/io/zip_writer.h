#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/result.h"

namespace modelport {

/// Where a ZipWriter goes over to zip64 records; smaller in tests.
struct Zip64Thresholds {
  uint64_t bytes = 0xffffffff;  ///< Sizes and offsets from here on need 64 bits.
  uint64_t members = 0xffff;    ///< And numbers of members from here on.
};

/// Writes a zip archive (APPNOTE.TXT 6.3) of stored members front to back, the way torch's PyTorchStreamWriter does, so
/// that its content can be mapped: the bytes of every member begin at a multiple of 64, behind a padding extra field
/// "FB". The same calls write the same bytes: there is no time of day in the archive. A call out of order or a member
/// of another size than announced is kInternal; the sink's errors come back as they are.
class ZipWriter {
 public:
  static constexpr uint64_t kAlignment = 64;
  using Sink = std::function<Status(std::span<const std::byte> bytes)>;

  explicit ZipWriter(Sink sink, Zip64Thresholds thresholds = {});

  /// A member whose bytes are all at hand: its CRC and size stand before it. kInvalidArgument when the name is empty,
  /// longer than 65535 bytes, holds a zero byte or was used before.
  Status add_member(const std::string& name, std::span<const std::byte> content);

  /// A member of `size` bytes that come piece by piece; its CRC follows it in a data descriptor (general purpose flag
  /// bit 3), as torch's does. Names as in add_member.
  Status begin_member(const std::string& name, uint64_t size);
  Status append(std::span<const std::byte> bytes);
  Status end_member();

  /// The central directory; nothing may follow.
  Status finish();

  /// Bytes given to the sink so far.
  uint64_t written() const { return written_; }

 private:
  struct Entry {
    std::string name;
    uint16_t flags = 0;
    uint32_t crc = 0;
    uint64_t size = 0;
    uint64_t offset = 0;
  };
  enum class State { kBetween, kInMember, kFinished };

  Status check_name(const std::string& name) const;
  Status emit(std::span<const std::byte> bytes);
  Status open_entry(Entry entry);

  Sink sink_;
  Zip64Thresholds thresholds_;
  State state_ = State::kBetween;
  uint64_t written_ = 0;
  uint64_t member_end_ = 0;
  std::vector<Entry> entries_;
  std::unordered_set<std::string> names_;
};

}  // namespace modelport
