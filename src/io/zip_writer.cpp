#include "io/zip_writer.h"

#include <concepts>

#include "io/crc32.h"
#include "io/zip_format.h"

namespace modelport {
namespace {

constexpr uint16_t kUtf8Name = 0x800;
constexpr uint16_t kStored = 0;
constexpr uint16_t kPlainVersion = 20;
constexpr uint16_t kZip64Version = 45;
constexpr uint16_t kZip64Extra = 1;
constexpr uint16_t kPaddingExtra = 0x4246;  // "FB"
/// The first day that DOS dates can say: 1 January 1980, at midnight.
constexpr uint16_t kTime = 0;
constexpr uint16_t kDate = 0x21;
constexpr size_t kLongestName = 0xffff;

/// Little-endian records.
class LittleEndianRecord {
 public:
  template <std::unsigned_integral T>
  LittleEndianRecord& put(T value) {
    for (size_t i = 0; i < sizeof(T); ++i) bytes_ += static_cast<char>(value >> (8 * i));
    return *this;
  }
  LittleEndianRecord& text(std::string_view text) {
    bytes_ += text;
    return *this;
  }
  size_t size() const { return bytes_.size(); }
  std::string_view view() const { return bytes_; }
  std::span<const std::byte> bytes() const { return std::as_bytes(std::span(bytes_)); }

 private:
  std::string bytes_;
};

Error misused(std::string_view what) { return fail(ErrorCode::kInternal, "zip writer: {}", what); }

}  // namespace

ZipWriter::ZipWriter(Sink sink, Zip64Thresholds thresholds) : sink_(std::move(sink)), thresholds_(thresholds) {}

Status ZipWriter::emit(std::span<const std::byte> bytes) {
  CHECK_OK(sink_(bytes));
  written_ += bytes.size();
  return {};
}

Status ZipWriter::check_name(const std::string& name) const {
  if (name.empty() || name.find('\0') != std::string::npos) {
    return fail(ErrorCode::kInvalidArgument, "a zip member's name is empty or holds a zero byte");
  }
  if (name.size() > kLongestName) {
    return fail(ErrorCode::kInvalidArgument, "the name of zip member {}... has {} bytes, at most {} can be written",
                name.substr(0, 64), name.size(), kLongestName);
  }
  if (names_.contains(name)) {
    return fail(ErrorCode::kInvalidArgument, "zip member {} would be written twice", name);
  }
  return {};
}

Status ZipWriter::open_entry(Entry entry) {
  if (state_ != State::kBetween) return misused("a member begins inside another or behind the directory");
  CHECK_OK(check_name(entry.name));
  entry.offset = written_;
  entry.flags |= kUtf8Name;
  const bool is_wide = entry.size >= thresholds_.bytes;
  const uint64_t size_now = entry.flags & zip::kHasDescriptor ? 0 : entry.size;
  const uint32_t narrow = is_wide ? zip::kIn64 : static_cast<uint32_t>(size_now);
  LittleEndianRecord extra;
  if (is_wide) extra.put(kZip64Extra).put(uint16_t{16}).put(size_now).put(size_now);
  const uint64_t unpadded = written_ + zip::kLocalSize + entry.name.size() + extra.size() + 4;
  const auto padding = static_cast<uint16_t>((kAlignment - unpadded % kAlignment) % kAlignment);
  extra.put(kPaddingExtra).put(padding).text(std::string(padding, 'Z'));

  LittleEndianRecord header;
  header.put(zip::kLocalSignature).put(is_wide ? kZip64Version : kPlainVersion).put(entry.flags).put(kStored);
  header.put(kTime).put(kDate).put(entry.crc).put(narrow).put(narrow);
  header.put(static_cast<uint16_t>(entry.name.size())).put(static_cast<uint16_t>(extra.size()));
  header.text(entry.name).text(extra.view());
  CHECK_OK(emit(header.bytes()));
  member_end_ = written_ + entry.size;
  state_ = State::kInMember;
  names_.insert(entry.name);
  entries_.push_back(std::move(entry));
  return {};
}

Status ZipWriter::add_member(const std::string& name, std::span<const std::byte> content) {
  CHECK_OK(open_entry({.name = name, .crc = crc32_of(content), .size = content.size()}));
  CHECK_OK(emit(content));
  state_ = State::kBetween;
  return {};
}

Status ZipWriter::begin_member(const std::string& name, uint64_t size) {
  return open_entry({.name = name, .flags = zip::kHasDescriptor, .size = size});
}

Status ZipWriter::append(std::span<const std::byte> bytes) {
  if (state_ != State::kInMember) return misused("bytes come outside of a member");
  if (bytes.size() > member_end_ - written_) return misused("a member is longer than announced");
  Entry& entry = entries_.back();
  entry.crc = crc32_of(bytes, entry.crc);
  return emit(bytes);
}

Status ZipWriter::end_member() {
  if (state_ != State::kInMember) return misused("a member ends that did not begin");
  if (written_ != member_end_) return misused("a member is shorter than announced");
  const Entry& entry = entries_.back();
  LittleEndianRecord descriptor;
  descriptor.put(zip::kDescriptorSignature).put(entry.crc);
  if (entry.size >= thresholds_.bytes) {
    descriptor.put(entry.size).put(entry.size);
  } else {
    descriptor.put(static_cast<uint32_t>(entry.size)).put(static_cast<uint32_t>(entry.size));
  }
  CHECK_OK(emit(descriptor.bytes()));
  state_ = State::kBetween;
  return {};
}

Status ZipWriter::finish() {
  if (state_ != State::kBetween) return misused("the archive ends inside a member or twice");
  const uint64_t start = written_;
  for (const Entry& entry : entries_) {
    const bool wide_size = entry.size >= thresholds_.bytes;
    const bool wide_offset = entry.offset >= thresholds_.bytes;
    LittleEndianRecord wide;
    if (wide_size) wide.put(entry.size).put(entry.size);
    if (wide_offset) wide.put(entry.offset);
    LittleEndianRecord extra;
    if (wide.size() > 0) extra.put(kZip64Extra).put(static_cast<uint16_t>(wide.size())).text(wide.view());
    const uint16_t version = wide.size() > 0 ? kZip64Version : kPlainVersion;
    const uint32_t size = wide_size ? zip::kIn64 : static_cast<uint32_t>(entry.size);
    LittleEndianRecord record;
    record.put(zip::kCentralSignature).put(version).put(version).put(entry.flags).put(kStored).put(kTime).put(kDate);
    record.put(entry.crc).put(size).put(size).put(static_cast<uint16_t>(entry.name.size()));
    // No comment, the first disk, no attributes.
    record.put(static_cast<uint16_t>(extra.size())).put(uint16_t{0}).put(uint16_t{0}).put(uint16_t{0}).put(uint32_t{0});
    record.put(wide_offset ? zip::kIn64 : static_cast<uint32_t>(entry.offset)).text(entry.name).text(extra.view());
    CHECK_OK(emit(record.bytes()));
  }
  const uint64_t size = written_ - start;
  const uint64_t count = entries_.size();
  const bool many = count >= thresholds_.members;
  LittleEndianRecord end;
  if (many || start >= thresholds_.bytes || size >= thresholds_.bytes) {
    end.put(zip::kEnd64Signature).put(uint64_t{44}).put(kZip64Version).put(kZip64Version).put(uint64_t{0});
    end.put(count).put(count).put(size).put(start);
    end.put(zip::kLocator64Signature).put(uint32_t{0}).put(written_).put(uint32_t{1});
  }
  const auto narrow_count = many ? uint16_t{0xffff} : static_cast<uint16_t>(count);
  end.put(zip::kEndSignature).put(uint32_t{0}).put(narrow_count).put(narrow_count);
  end.put(size >= thresholds_.bytes ? zip::kIn64 : static_cast<uint32_t>(size));
  end.put(start >= thresholds_.bytes ? zip::kIn64 : static_cast<uint32_t>(start)).put(uint16_t{0});
  CHECK_OK(emit(end.bytes()));
  state_ = State::kFinished;
  return {};
}

}  // namespace modelport
