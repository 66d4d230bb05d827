#include "io/zip_reader.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <optional>

#include "base/work_count.h"
#include "io/crc32.h"
#include "io/zip_format.h"

namespace modelport {
namespace {

constexpr size_t kCentralSize = 46;
constexpr size_t kEndSize = 22;
constexpr size_t kEnd64Size = 56;
constexpr size_t kLocator64Size = 20;
constexpr size_t kLongestComment = 0xffff;
constexpr uint64_t kMostMembers = 1 << 20;

/// Little-endian fields at offsets of the whole archive.
class Fields {
 public:
  explicit Fields(std::span<const std::byte> bytes) : bytes_(bytes) {}
  size_t size() const { return bytes_.size(); }
  bool has(uint64_t offset, uint64_t count) const { return offset <= size() && count <= size() - offset; }
  std::span<const std::byte> slice(uint64_t offset, uint64_t count) const { return bytes_.subspan(offset, count); }
  uint16_t u16(uint64_t offset) const { return get<uint16_t>(offset); }
  uint32_t u32(uint64_t offset) const { return get<uint32_t>(offset); }
  uint64_t u64(uint64_t offset) const { return get<uint64_t>(offset); }
  std::string_view text(uint64_t offset, uint64_t count) const {
    return {reinterpret_cast<const char*>(bytes_.data()) + offset, count};
  }

 private:
  template <class T>
  T get(uint64_t offset) const {
    T value;
    std::memcpy(&value, bytes_.data() + offset, sizeof(T));
    return value;
  }
  std::span<const std::byte> bytes_;
};

template <class... Args>
Error damaged(uint64_t offset, fmt::format_string<Args...> format, Args&&... args) {
  return fail(ErrorCode::kDamaged, "zip, byte {}: {}", offset, fmt::format(format, std::forward<Args>(args)...));
}

template <class... Args>
Error hostile(uint64_t offset, fmt::format_string<Args...> format, Args&&... args) {
  return fail(ErrorCode::kHostile, "zip, byte {}: {}", offset, fmt::format(format, std::forward<Args>(args)...));
}

struct Directory {
  uint64_t offset = 0;
  uint64_t size = 0;
  uint64_t count = 0;
};

Result<uint64_t> find_end_record(const Fields& file) {
  if (file.size() < kEndSize) return damaged(0, "{} bytes are too few for a zip archive", file.size());
  const uint64_t last = file.size() - kEndSize;
  const uint64_t first = last > kLongestComment ? last - kLongestComment : 0;
  std::optional<uint64_t> found;
  std::optional<uint64_t> stray;
  for (uint64_t at = last + 1; at-- > first;) {
    count_work();
    if (file.u32(at) != zip::kEndSignature) continue;
    const bool ends_file = at + kEndSize + file.u16(at + 20) == file.size();
    // Before the record, weights may hold the signature by chance; after it, there is only its comment.
    if (found && ends_file) return hostile(at, "there is a second end record at byte {}", *found);
    if (!found && !ends_file) stray = at;
    if (ends_file) found = at;
  }
  if (found && stray) return hostile(*found, "the comment holds a second end record at byte {}", *stray);
  if (!found) return damaged(file.size(), "the archive has no end record: it is truncated or has bytes after its end");
  return *found;
}

Result<Directory> read_end_records(const Fields& file) {
  TRY(end, find_end_record(file));
  if (file.u16(end + 4) != 0 || file.u16(end + 6) != 0) return damaged(end, "archives in several parts are not read");
  Directory directory{file.u32(end + 16), file.u32(end + 12), file.u16(end + 10)};
  uint64_t directory_end = end;
  if (end >= kLocator64Size && file.u32(end - kLocator64Size) == zip::kLocator64Signature) {
    const uint64_t locator = end - kLocator64Size;
    const uint64_t at = file.u64(locator + 8);
    if (!file.has(at, kEnd64Size) || file.u32(at) != zip::kEnd64Signature || file.u64(at + 4) + 12 != locator - at) {
      return damaged(locator, "the zip64 end record is not where the locator says");
    }
    const Directory wide{file.u64(at + 48), file.u64(at + 40), file.u64(at + 32)};
    const auto agrees = [](uint64_t narrow, uint64_t limit, uint64_t value) {
      return narrow == limit || narrow == value;
    };
    if (!agrees(directory.offset, zip::kIn64, wide.offset) || !agrees(directory.size, zip::kIn64, wide.size) ||
        !agrees(directory.count, 0xffff, wide.count)) {
      return hostile(end, "the two end records disagree");
    }
    directory = wide;
    directory_end = at;
  }
  if (directory.offset > directory_end || directory.size != directory_end - directory.offset) {
    return damaged(end, "the central directory ({} bytes at {}) does not end at byte {}", directory.size,
                   directory.offset, directory_end);
  }
  if (directory.count > kMostMembers || directory.count > directory.size / kCentralSize) {
    return hostile(end, "{} members are declared, there is room for {}", directory.count,
                   directory.size / kCentralSize);
  }
  return directory;
}

/// Sizes and offset of a member, which the zip64 extra field overrides in this order.
struct Wide {
  uint64_t size;
  uint64_t compressed_size;
  uint64_t offset;
};

Status read_zip64_extra(const Fields& file, uint64_t at, uint64_t length, Wide& wide) {
  const uint64_t end = at + length;
  while (at + 4 <= end) {
    count_work();
    const uint16_t id = file.u16(at);
    const uint64_t field_end = at + 4 + file.u16(at + 2);
    if (field_end > end) return damaged(at, "an extra field is longer than its record");
    if (id == 1) {
      at += 4;
      for (uint64_t* value : {&wide.size, &wide.compressed_size, &wide.offset}) {
        if (*value != zip::kIn64) continue;
        if (at + 8 > field_end) return damaged(at, "a zip64 extra field is too short");
        *value = file.u64(at);
        at += 8;
      }
    }
    at = field_end;
  }
  return {};
}

struct Record {
  ZipMember member;
  uint64_t compressed_size = 0;
  uint16_t method = 0;
  uint64_t end = 0;
};

/// Whether the data descriptor of `size` bytes at `at` repeats what the central directory says.
bool is_descriptor(const Fields& file, uint64_t at, uint64_t size, const Record& record) {
  const bool has_signature = size == 16 || size == 24;
  const bool is_wide = size == 20 || size == 24;
  if (!has_signature && size != 12 && size != 20) return false;
  if (has_signature) {
    if (file.u32(at) != zip::kDescriptorSignature) return false;
    at += 4;
  }
  if (file.u32(at) != record.member.crc) return false;
  const uint64_t compressed = is_wide ? file.u64(at + 4) : file.u32(at + 4);
  const uint64_t plain = is_wide ? file.u64(at + 12) : file.u32(at + 8);
  return compressed == record.compressed_size && plain == record.member.size;
}

Status read_local_header(const Fields& file, uint64_t limit, Record& record) {
  ZipMember& member = record.member;
  const uint64_t at = member.offset;
  if (at > limit || limit - at < zip::kLocalSize || file.u32(at) != zip::kLocalSignature) {
    return damaged(at, "member {} has no local header there", member.name);
  }
  const uint64_t name_size = file.u16(at + 26);
  const uint64_t extra_size = file.u16(at + 28);
  const uint64_t data = at + zip::kLocalSize + name_size + extra_size;
  if (data > limit || record.compressed_size > limit - data) {
    return damaged(at, "member {} of {} bytes reaches beyond byte {}", member.name, record.compressed_size, limit);
  }
  count_work(zip::kLocalSize + name_size);
  if (file.text(at + zip::kLocalSize, name_size) != member.name) {
    return hostile(at, "the local header calls member {} {:?}", member.name,
                   file.text(at + zip::kLocalSize, name_size));
  }
  if (file.u16(at + 8) != record.method || file.u16(at + 6) != member.flags) {
    return hostile(at, "local header and central directory disagree on how member {} is stored", member.name);
  }
  Wide local{file.u32(at + 22), file.u32(at + 18), 0};
  CHECK_OK(read_zip64_extra(file, at + zip::kLocalSize + name_size, extra_size, local));
  const bool is_empty = file.u32(at + 14) == 0 && local.size == 0 && local.compressed_size == 0;
  const bool agrees =
      file.u32(at + 14) == member.crc && local.size == member.size && local.compressed_size == record.compressed_size;
  if (!agrees && !(is_empty && (member.flags & zip::kHasDescriptor))) {
    return hostile(at, "local header and central directory disagree on the size or CRC of member {}", member.name);
  }
  member.raw = file.slice(data, record.compressed_size);
  record.end = data + record.compressed_size;
  return {};
}

Result<Record> read_central_header(const Fields& file, uint64_t end, uint64_t& at) {
  if (end - at < kCentralSize || file.u32(at) != zip::kCentralSignature) {
    return damaged(at, "the central directory has no record here");
  }
  Record record;
  ZipMember& member = record.member;
  count_work(kCentralSize);
  member.flags = file.u16(at + 8);
  record.method = file.u16(at + 10);
  member.method = record.method == 0   ? ZipMember::Method::kStored
                  : record.method == 8 ? ZipMember::Method::kDeflated
                                       : ZipMember::Method::kOther;
  member.crc = file.u32(at + 16);
  Wide wide{file.u32(at + 24), file.u32(at + 20), file.u32(at + 42)};
  const uint64_t name_size = file.u16(at + 28);
  const uint64_t extra_size = file.u16(at + 30);
  const uint64_t record_size = kCentralSize + name_size + extra_size + file.u16(at + 32);
  if (record_size > end - at) return damaged(at, "a record of the central directory is truncated");
  member.name = file.text(at + kCentralSize, name_size);
  count_work(name_size);
  // "Version made by" says in its upper byte whose attributes follow; 3 is Unix.
  if (file.u16(at + 4) >> 8 == 3) member.unix_mode = file.u16(at + 40);
  if (member.name.find('\0') != std::string::npos) return hostile(at, "a member's name holds a zero byte");
  CHECK_OK(read_zip64_extra(file, at + kCentralSize + name_size, extra_size, wide));
  member.size = wide.size;
  member.offset = wide.offset;
  record.compressed_size = wide.compressed_size;
  if (member.method == ZipMember::Method::kStored && !member.is_encrypted() && member.size != record.compressed_size) {
    return damaged(at, "member {} is stored, but its two sizes differ", member.name);
  }
  at += record_size;
  return record;
}

/// Reads the local headers, in the order in which they lie: no header is read twice, however often it is listed.
Status read_local_headers(const Fields& file, uint64_t directory_offset, const std::vector<Record*>& order) {
  for (size_t i = 0; i < order.size(); ++i) {
    const ZipMember& member = order[i]->member;
    if (i > 0 && member.offset <= order[i - 1]->member.offset) {
      return hostile(member.offset, "member {} overlaps the one before it", member.name);
    }
    CHECK_OK(read_local_header(file, directory_offset, *order[i]));
  }
  return {};
}

/// Every byte before the central directory belongs to exactly one member.
Status check_layout(const Fields& file, uint64_t directory_offset, const std::vector<Record*>& order) {
  uint64_t expected = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    const Record& record = *order[i];
    if (record.member.offset < expected) {
      return hostile(record.member.offset, "member {} overlaps the one before it", record.member.name);
    }
    if (record.member.offset > expected) {
      return damaged(expected, "{} bytes belong to no member", record.member.offset - expected);
    }
    const uint64_t next = i + 1 < order.size() ? order[i + 1]->member.offset : directory_offset;
    expected = record.end;
    if (next > expected && (record.member.flags & zip::kHasDescriptor) &&
        is_descriptor(file, expected, next - expected, record)) {
      expected = next;
    }
  }
  if (expected != directory_offset) {
    return damaged(expected, "{} bytes belong to no member", directory_offset - expected);
  }
  return {};
}

}  // namespace

Result<ZipReader> ZipReader::open(std::span<const std::byte> bytes) {
  const Fields file(bytes);
  TRY(directory, read_end_records(file));
  std::vector<Record> records;
  records.reserve(directory.count);
  uint64_t at = directory.offset;
  const uint64_t end = directory.offset + directory.size;
  for (uint64_t i = 0; i < directory.count; ++i) {
    TRY(record, read_central_header(file, end, at));
    records.push_back(std::move(record));
  }
  if (at != end) return damaged(at, "the central directory has more records than the {} declared", directory.count);
  std::vector<Record*> order;
  for (Record& record : records) order.push_back(&record);
  std::ranges::sort(order, [](const Record* a, const Record* b) {
    count_work();
    return a->member.offset < b->member.offset;
  });
  CHECK_OK(read_local_headers(file, directory.offset, order));
  CHECK_OK(check_layout(file, directory.offset, order));

  ZipReader reader;
  reader.members_.reserve(records.size());
  for (Record& record : records) reader.members_.push_back(std::move(record.member));
  for (size_t i = 0; i < reader.members_.size(); ++i) {
    const ZipMember& member = reader.members_[i];
    if (!reader.index_.emplace(member.name, i).second) {
      return hostile(member.offset, "there are two members called {}", member.name);
    }
  }
  return reader;
}

const ZipMember* ZipReader::find(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &members_[found->second];
}

namespace {

Status check_crc(const ZipMember& member, uint32_t crc) {
  if (member.crc == 0 || crc == member.crc) return {};
  return damaged(member.offset, "member {} has CRC {:08x}, {:08x} is declared", member.name, crc, member.crc);
}

Error encrypted(const ZipMember& member) {
  Error error = fail(ErrorCode::kUnsupportedModel, "zip member {} is encrypted", member.name);
  error.hint = "unpack the archive with its password and pack it again without, or save the file again";
  return error;
}

}  // namespace

Status verify_member(const ZipMember& member, std::span<const std::byte> content) {
  if (member.is_encrypted()) return encrypted(member);
  if (content.size() != member.size) {
    return damaged(member.offset, "member {} has {} bytes, {} are declared", member.name, content.size(), member.size);
  }
  return member.crc == 0 ? Status() : check_crc(member, crc32_of(content));
}

namespace {

constexpr size_t kPieceBytes = size_t{1} << 20;

/// Feeds the stream in steps that zlib's counters hold; false when there is nothing left to feed.
bool feed(z_stream& stream, std::span<const std::byte>& left) {
  if (stream.avail_in > 0) return true;
  const size_t step = std::min(left.size(), size_t{1} << 30);
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(left.data()));
  stream.avail_in = static_cast<uInt>(step);
  left = left.subspan(step);
  return step > 0;
}

/// The content of a deflated member, piece by piece, exactly as long as it is declared.
Status inflate_pieces(const ZipMember& member, uint64_t limit, const TakePiece& take) {
  // Deflate cannot expand by more than 1032 to 1.
  if (member.size > limit || member.size / 1032 > member.raw.size() + 1) {
    return hostile(member.offset, "member {} declares {} bytes, inflated from {}", member.name, member.size,
                   member.raw.size());
  }
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return fail(ErrorCode::kInternal, "zlib does not start");
  const std::unique_ptr<z_stream, decltype(&inflateEnd)> ends(&stream, inflateEnd);
  // One byte more than there may be shows whether the stream goes on beyond the declared size.
  std::vector<std::byte> piece(std::min<uint64_t>(kPieceBytes, member.size + 1));
  std::span<const std::byte> left = member.raw;
  uint64_t produced = 0;
  for (int status = Z_OK; status == Z_OK;) {
    const bool is_fed = feed(stream, left);
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    status = inflate(&stream, Z_NO_FLUSH);
    const size_t written = piece.size() - stream.avail_out;
    produced += written;
    if (produced > member.size) break;
    if (written > 0) CHECK_OK(take(std::span(piece).first(written)));
    if (status == Z_STREAM_END && produced == member.size && stream.avail_in == 0 && left.empty()) return {};
    if (!is_fed && written == 0) break;
  }
  return damaged(member.offset, "member {} does not inflate to its {} bytes", member.name, member.size);
}

Status check_readable(const ZipMember& member) {
  if (member.is_encrypted()) return encrypted(member);
  if (member.method == ZipMember::Method::kOther) {
    Error error =
        fail(ErrorCode::kUnsupportedModel, "zip member {} has a compression method other than deflate", member.name);
    error.hint = "unpack the archive and pack it again without compression, or save the file again";
    return error;
  }
  return {};
}

}  // namespace

Result<std::vector<std::byte>> inflate_member(const ZipMember& member, uint64_t limit) {
  std::vector<std::byte> content;
  CHECK_OK(inflate_pieces(member, limit, [&](std::span<const std::byte> piece) -> Status {
    if (content.empty()) content.reserve(member.size);
    content.insert(content.end(), piece.begin(), piece.end());
    return {};
  }));
  return content;
}

Result<std::span<const std::byte>> read_member(const ZipMember& member, uint64_t limit,
                                               std::vector<std::byte>& buffer) {
  CHECK_OK(check_readable(member));
  std::span<const std::byte> content = member.raw;
  if (member.method == ZipMember::Method::kDeflated) {
    TRY(inflated, inflate_member(member, limit));
    buffer = std::move(inflated);
    content = buffer;
  }
  CHECK_OK(verify_member(member, content));
  return content;
}

Status read_member_in_pieces(const ZipMember& member, uint64_t limit, const TakePiece& take) {
  CHECK_OK(check_readable(member));
  if (member.method == ZipMember::Method::kStored) {
    CHECK_OK(verify_member(member, member.raw));
    return take(member.raw);
  }
  uint32_t crc = 0;
  CHECK_OK(inflate_pieces(member, limit, [&](std::span<const std::byte> piece) {
    crc = crc32_of(piece, crc);
    return take(piece);
  }));
  return check_crc(member, crc);
}

}  // namespace modelport
