#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/work_count.h"

namespace modelport {

/// One member of a zip archive, as the central directory has it.
struct ZipMember {
  std::string name;
  enum class Method : uint8_t { kStored, kDeflated, kOther } method = Method::kStored;
  uint16_t flags = 0;
  /// 0 also where the writer left it out (torch's set_crc32_options).
  uint32_t crc = 0;
  uint64_t size = 0;
  /// Type and permissions as stat(2) has them where a Unix tool wrote the archive, else 0.
  uint16_t unix_mode = 0;
  /// Offset of the local header.
  uint64_t offset = 0;
  /// The member's bytes as they lie in the archive: the content itself when stored.
  std::span<const std::byte> raw;

  bool is_encrypted() const { return flags & 0x41; }
};

/// A strictly read zip archive (APPNOTE.TXT 6.3), so that no two readers can see different contents in it: one end
/// record at the very end, members that neither overlap nor leave bytes between them, no name twice, central directory
/// and local headers that agree. Data descriptors (zero sizes in the local header) and zip64 are read. What breaks a
/// rule is kHostile where only a crafted file does it, else kDamaged; both name the offset.
class ZipReader {
 public:
  /// `bytes` must outlive the reader.
  static Result<ZipReader> open(std::span<const std::byte> bytes);

  const std::vector<ZipMember>& members() const { return members_; }
  /// The member of this name, or null.
  const ZipMember* find(std::string_view name) const;

 private:
  std::vector<ZipMember> members_;
  std::map<std::string_view, size_t, CountedOrder> index_;
};

/// kDamaged when `content` does not have the member's CRC (a CRC of 0 is not checked), kUnsupportedModel when the
/// member is encrypted.
Status verify_member(const ZipMember& member, std::span<const std::byte> content);

/// The content of a deflated member, whose declared size must be at most `limit` (else kHostile) and exact.
Result<std::vector<std::byte>> inflate_member(const ZipMember& member, uint64_t limit);

/// The content, inflated into `buffer` where need be, with its CRC verified.
Result<std::span<const std::byte>> read_member(const ZipMember& member, uint64_t limit, std::vector<std::byte>& buffer);

using TakePiece = std::function<Status(std::span<const std::byte> piece)>;
/// The same for what need not fit into memory: `take` gets the content piece by piece, of a deflated member before it
/// is known whether all of it is right.
Status read_member_in_pieces(const ZipMember& member, uint64_t limit, const TakePiece& take);

}  // namespace modelport
