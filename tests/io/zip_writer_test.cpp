#include "io/zip_writer.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <cstring>

#include "io/crc32.h"
#include "io/mapped_file.h"
#include "io/zip_reader.h"

namespace modelport {
namespace {

using testing::HasSubstr;

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

ZipWriter::Sink into(std::string& archive) {
  return [&archive](std::span<const std::byte> bytes) -> Status {
    archive.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {};
  };
}

/// Three members: one at hand, one in pieces, one empty.
std::string small_archive(Zip64Thresholds thresholds = {}) {
  std::string archive;
  ZipWriter writer(into(archive), thresholds);
  EXPECT_TRUE(writer.add_member("net/version", bytes_of("10\n")));
  EXPECT_TRUE(writer.begin_member("net/data/0", 200));
  EXPECT_TRUE(writer.append(bytes_of(std::string(150, 'a'))));
  EXPECT_TRUE(writer.append(bytes_of(std::string(50, 'b'))));
  EXPECT_TRUE(writer.end_member());
  EXPECT_TRUE(writer.begin_member("net/empty", 0));
  EXPECT_TRUE(writer.end_member());
  EXPECT_TRUE(writer.finish());
  EXPECT_EQ(writer.written(), archive.size());
  return archive;
}

std::string content(const ZipReader& zip, std::string_view name) {
  std::vector<std::byte> buffer;
  const auto bytes = read_member(*zip.find(name), 1 << 20, buffer);
  if (!bytes) return bytes.error().message;
  return {reinterpret_cast<const char*>(bytes->data()), bytes->size()};
}

void expect_small_archive(const std::string& archive) {
  const auto zip = ZipReader::open(bytes_of(archive));
  ASSERT_TRUE(zip) << zip.error().message;
  ASSERT_EQ(zip->members().size(), 3u);
  EXPECT_EQ(content(*zip, "net/version"), "10\n");
  EXPECT_EQ(content(*zip, "net/data/0"), std::string(150, 'a') + std::string(50, 'b'));
  EXPECT_EQ(content(*zip, "net/empty"), "");
  EXPECT_EQ(zip->find("net/data/0")->crc, crc32_of(bytes_of(std::string(150, 'a') + std::string(50, 'b'))));
  for (const ZipMember& member : zip->members()) {
    const auto begin = static_cast<uint64_t>(reinterpret_cast<const char*>(member.raw.data()) - archive.data());
    EXPECT_EQ(begin % ZipWriter::kAlignment, 0u) << member.name;
    EXPECT_LT(begin - member.offset, 30 + member.name.size() + 24 + ZipWriter::kAlignment) << "no needless padding";
  }
}

TEST(ZipWriter, IsReadBackWithEveryMemberAligned) { expect_small_archive(small_archive()); }

TEST(ZipWriter, WritesTheSameBytesEveryTime) { EXPECT_EQ(small_archive(), small_archive()); }

TEST(ZipWriter, PutsWhatIsKnownIntoTheLocalHeaderAndTheRestBehind) {
  const std::string archive = small_archive();
  const auto u32 = [&](size_t at) {
    uint32_t value;
    std::memcpy(&value, archive.data() + at, 4);
    return value;
  };
  EXPECT_EQ(u32(14), crc32_of(bytes_of("10\n")));
  EXPECT_EQ(u32(18), 3u);
  const size_t streamed = archive.find("PK\3\4", 1);
  EXPECT_TRUE(archive[streamed + 6] & 8);
  EXPECT_EQ(u32(streamed + 14), 0u);
  const size_t descriptor = archive.find("PK\7\x8");
  EXPECT_EQ(u32(descriptor + 4), crc32_of(bytes_of(std::string(150, 'a') + std::string(50, 'b'))));
  EXPECT_EQ(u32(descriptor + 8), 200u);
}

TEST(ZipWriter, GoesOverToZip64WhereAFieldIsTooNarrow) {
  const std::string by_size = small_archive({.bytes = 100});
  EXPECT_THAT(by_size, HasSubstr("PK\6\6"));
  expect_small_archive(by_size);
  const std::string by_count = small_archive({.members = 3});
  EXPECT_THAT(by_count, HasSubstr("PK\6\6"));
  expect_small_archive(by_count);
  EXPECT_THAT(small_archive({.members = 4}), testing::Not(HasSubstr("PK\6\6")));
}

TEST(ZipWriter, HoldsMembersBeyondFourGibibytes) {
  constexpr uint64_t kSize = (uint64_t{1} << 32) + 4096;
  const std::string path = testing::TempDir() + "zip_writer_test.zip";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
  ASSERT_GE(file, 0);
  const std::vector<std::byte> zeros(uint64_t{1} << 20);
  uint64_t at = 0;
  // The zeros stay a hole in the file.
  ZipWriter writer([&](std::span<const std::byte> bytes) -> Status {
    if (bytes.data() != zeros.data() && ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(at)) < 0) {
      return fail(ErrorCode::kUnwritable, "{}", path);
    }
    at += bytes.size();
    return {};
  });
  ASSERT_TRUE(writer.begin_member("large", kSize));
  for (uint64_t left = kSize; left > 0;) {
    const auto piece = std::span(zeros).first(std::min<uint64_t>(left, zeros.size()));
    ASSERT_TRUE(writer.append(piece));
    left -= piece.size();
  }
  ASSERT_TRUE(writer.end_member());
  ASSERT_TRUE(writer.add_member("beyond", bytes_of("small")));
  ASSERT_TRUE(writer.finish());
  ::close(file);
  {
    const auto mapped = MappedFile::open(path);
    ASSERT_TRUE(mapped) << mapped.error().message;
    const auto zip = ZipReader::open((*mapped)->bytes());
    ASSERT_TRUE(zip) << zip.error().message;
    EXPECT_EQ(zip->find("large")->size, kSize);
    EXPECT_GT(zip->find("beyond")->offset, kSize);
    EXPECT_EQ(content(*zip, "beyond"), "small");
  }
  ::unlink(path.c_str());
}

TEST(ZipWriter, RefusesNamesThatNoReaderCouldTellApart) {
  std::string archive;
  ZipWriter writer(into(archive));
  ASSERT_TRUE(writer.add_member("a", {}));
  const Status twice = writer.add_member("a", {});
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(twice.error().message, HasSubstr("zip member a would be written twice"));
  EXPECT_THAT(writer.begin_member(std::string(65536, 'n'), 0).error().message, HasSubstr("65536 bytes"));
  EXPECT_FALSE(writer.add_member("", {}));
  EXPECT_FALSE(writer.add_member(std::string("a\0b", 3), {}));
  EXPECT_TRUE(writer.add_member(std::string(65535, 'n'), {}));
  EXPECT_TRUE(writer.finish());
  EXPECT_TRUE(ZipReader::open(bytes_of(archive)));
}

TEST(ZipWriter, RefusesCallsOutOfOrderAndOtherSizesThanAnnounced) {
  std::string archive;
  ZipWriter writer(into(archive));
  EXPECT_FALSE(writer.append(bytes_of("x")));
  EXPECT_FALSE(writer.end_member());
  ASSERT_TRUE(writer.begin_member("a", 2));
  EXPECT_FALSE(writer.add_member("b", {}));
  EXPECT_FALSE(writer.finish());
  EXPECT_FALSE(writer.end_member()) << "two bytes are missing";
  EXPECT_FALSE(writer.append(bytes_of("abc"))) << "one byte is too many";
  ASSERT_TRUE(writer.append(bytes_of("ab")));
  ASSERT_TRUE(writer.end_member());
  ASSERT_TRUE(writer.finish());
  EXPECT_FALSE(writer.finish());
  EXPECT_FALSE(writer.add_member("c", {}));
}

TEST(ZipWriter, PassesTheSinksErrorOn) {
  ZipWriter writer([](std::span<const std::byte>) -> Status { return fail(ErrorCode::kUnwritable, "disk full"); });
  const Status status = writer.add_member("a", {});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kUnwritable);
  EXPECT_EQ(writer.written(), 0u);
}

TEST(Crc32, GoesOnFromThePiecesBefore) {
  const std::string text = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789";
  const auto bytes = bytes_of(text);
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    ASSERT_EQ(crc32_of(bytes.subspan(cut), crc32_of(bytes.first(cut))), crc32_of(bytes)) << "cut at " << cut;
  }
}

}  // namespace
}  // namespace modelport
