#include "io/zip_reader.h"

#include <gmock/gmock.h>
#include <zlib.h>

#include <cstring>
#include <random>

#include "io/crc32.h"
#include "zip_builder.h"

namespace modelport {
namespace {

using testing::HasSubstr;
using Member = ZipBuilder::Member;

std::span<const std::byte> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

std::string deflated(const std::string& text) {
  std::string out(compressBound(text.size()) + 64, '\0');
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

void expect_refused(const std::string& archive, ErrorCode code, std::string_view what) {
  const auto zip = ZipReader::open(bytes_of(archive));
  ASSERT_FALSE(zip) << "an archive was accepted although: " << what;
  EXPECT_EQ(zip.error().code, code) << zip.error().message;
  EXPECT_THAT(zip.error().message, HasSubstr(what));
}

std::string read_text(const std::string& archive, std::string_view name, uint64_t limit = 1 << 20) {
  const auto zip = ZipReader::open(bytes_of(archive));
  if (!zip) return zip.error().message;
  std::vector<std::byte> buffer;
  const auto content = read_member(*zip->find(name), limit, buffer);
  if (!content) return content.error().message;
  return {reinterpret_cast<const char*>(content->data()), content->size()};
}

TEST(ZipReader, ReadsStoredMembersInOrder) {
  const std::string archive = ZipBuilder().add("top/a", "alpha").add("top/b", "").finish();
  const auto zip = ZipReader::open(bytes_of(archive));
  ASSERT_TRUE(zip) << zip.error().message;
  ASSERT_EQ(zip->members().size(), 2u);
  EXPECT_EQ(zip->members()[1].name, "top/b");
  EXPECT_EQ(zip->find("top/c"), nullptr);
  EXPECT_EQ(read_text(archive, "top/a"), "alpha");
}

TEST(ZipReader, ReadsDescriptorsAndZip64EndRecordsAsTorchWritesThem) {
  const std::string archive = ZipBuilder()
                                  .add({.name = "a", .raw = "alpha", .sizes = Member::Sizes::kInDescriptor})
                                  .add({.name = "b", .raw = "beta", .crc = 0, .sizes = Member::Sizes::kInDescriptor})
                                  .finish(ZipBuilder::End::kZip64);
  EXPECT_EQ(read_text(archive, "a"), "alpha");
  EXPECT_EQ(read_text(archive, "b"), "beta") << "a CRC of zero is not checked";
}

TEST(ZipReader, ReadsDeflatedMembers) {
  const std::string text(100'000, 'x');
  const std::string archive =
      ZipBuilder()
          .add({.name = "a", .raw = deflated(text), .method = 8, .crc = crc32_of(bytes_of(text)), .size = 100'000})
          .finish();
  EXPECT_EQ(read_text(archive, "a"), text);
  EXPECT_THAT(read_text(archive, "a", 99'999), HasSubstr("declares 100000 bytes"));
}

/// The content as read_member_in_pieces gives it, or what was wrong, and the largest piece.
std::string read_in_pieces(const std::string& archive, uint64_t limit, size_t* largest = nullptr) {
  const auto zip = ZipReader::open(bytes_of(archive));
  if (!zip) return zip.error().message;
  std::string text;
  const Status done = read_member_in_pieces(zip->members()[0], limit, [&](std::span<const std::byte> piece) -> Status {
    if (largest != nullptr) *largest = std::max(*largest, piece.size());
    text.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    return {};
  });
  return done ? text : done.error().message;
}

TEST(ZipReader, GivesLargeMembersInPieces) {
  std::string text;
  for (int i = 0; text.size() < 3'500'000; ++i) text += std::to_string(i);
  const Member right = {.name = "a",
                        .raw = deflated(text),
                        .method = 8,
                        .crc = crc32_of(bytes_of(text)),
                        .size = static_cast<uint32_t>(text.size())};
  const auto archive_of = [](const Member& member) { return ZipBuilder().add(member).finish(); };
  size_t largest = 0;
  EXPECT_EQ(read_in_pieces(archive_of(right), text.size(), &largest), text);
  EXPECT_LE(largest, size_t{1} << 20);
  EXPECT_THAT(read_in_pieces(archive_of(right), text.size() - 1), HasSubstr("declares"));
  Member wrong = right;
  wrong.crc = 7;
  EXPECT_THAT(read_in_pieces(archive_of(wrong), text.size()), HasSubstr("has CRC"));
  for (const int difference : {-1, 1}) {
    wrong = right;
    wrong.size = static_cast<uint32_t>(static_cast<int>(text.size()) + difference);
    EXPECT_THAT(read_in_pieces(archive_of(wrong), text.size() + 1), HasSubstr("does not inflate to its"));
  }
  wrong = right;
  wrong.method = 12;
  EXPECT_THAT(read_in_pieces(archive_of(wrong), text.size()), HasSubstr("other than deflate"));
  EXPECT_EQ(read_in_pieces(ZipBuilder().add("a", "stored").finish(), 10), "stored");
  EXPECT_EQ(read_in_pieces(archive_of({.name = "a", .raw = deflated(""), .method = 8, .crc = 0, .size = 0}), 0), "");
}

TEST(ZipReader, RefusesDeflatedMembersThatLieAboutTheirSize) {
  const std::string text(5000, 'x');
  for (const uint32_t size : {4999u, 5001u}) {
    const std::string archive =
        ZipBuilder().add({.name = "a", .raw = deflated(text), .method = 8, .crc = 0, .size = size}).finish();
    EXPECT_THAT(read_text(archive, "a"), HasSubstr("does not inflate to its"));
  }
  const std::string bomb =
      ZipBuilder().add({.name = "a", .raw = deflated("x"), .method = 8, .size = 1u << 30}).finish();
  EXPECT_THAT(read_text(bomb, "a", uint64_t{1} << 40), HasSubstr("declares 1073741824 bytes, inflated from"));
}

TEST(ZipReader, RefusesAWrongCrc) {
  EXPECT_THAT(read_text(ZipBuilder().add({.name = "a", .raw = "alpha", .crc = 7}).finish(), "a"), HasSubstr("has CRC"));
}

TEST(ZipReader, RefusesTwoMembersOfOneName) {
  expect_refused(ZipBuilder().add("a", "1").add("a", "2").finish(), ErrorCode::kHostile, "two members called a");
}

TEST(ZipReader, RefusesOverlappingMembers) {
  expect_refused(ZipBuilder().add("a", "1").add({.name = "a2", .raw = "2", .local_name = "a", .offset = 0}).finish(),
                 ErrorCode::kHostile, "member a2 overlaps the one before it");
  expect_refused(ZipBuilder().add("a", "1").add({.name = "a", .raw = "1", .offset = 0}).finish(), ErrorCode::kHostile,
                 "overlaps");
}

TEST(ZipReader, RefusesBytesThatBelongToNoMember) {
  expect_refused(ZipBuilder().add("a", "1").pad("junk").finish(), ErrorCode::kDamaged, "4 bytes belong to no member");
  expect_refused(ZipBuilder().pad("junk").add("a", "1").finish(), ErrorCode::kDamaged, "4 bytes belong to no member");
  expect_refused(ZipBuilder().add("a", "1").finish() + "x", ErrorCode::kDamaged, "no end record");
  expect_refused("x" + ZipBuilder().add("a", "1").finish(), ErrorCode::kDamaged, "");
}

TEST(ZipReader, RefusesTwoEndRecords) {
  const std::string inner = ZipBuilder().finish();
  expect_refused(ZipBuilder().add("a", "1").finish(ZipBuilder::End::kPlain, inner), ErrorCode::kHostile,
                 "second end record");
  expect_refused(ZipBuilder().add("a", "1").finish(ZipBuilder::End::kPlain, "PK\x05\x06 but this is only a comment"),
                 ErrorCode::kHostile, "second end record");
}

TEST(ZipReader, ReadsAComment) {
  EXPECT_EQ(read_text(ZipBuilder().add("a", "1").finish(ZipBuilder::End::kPlain, "a comment"), "a"), "1");
}

TEST(ZipReader, RefusesHeadersThatDisagree) {
  expect_refused(ZipBuilder().add({.name = "data.pkl", .raw = "1", .local_name = "datap.kl"}).finish(),
                 ErrorCode::kHostile, "the local header calls member data.pkl");
  std::string archive = ZipBuilder().add("a", "12345").finish();
  archive[18] = 4;  // The local header's compressed size.
  expect_refused(archive, ErrorCode::kHostile, "disagree on the size");
  archive = ZipBuilder().add("a", "12345").finish();
  archive[8] = 8;  // The local header's method.
  expect_refused(archive, ErrorCode::kHostile, "disagree on how");
}

TEST(ZipReader, DoesNotReadEncryptedMembers) {
  EXPECT_THAT(read_text(ZipBuilder().add({.name = "a", .raw = "alpha", .flags = 1}).finish(), "a"),
              HasSubstr("encrypted"));
}

TEST(ZipReader, RefusesEveryTruncation) {
  const std::string archive =
      ZipBuilder().add("a", "alpha").add({.name = "b", .raw = "beta", .sizes = Member::Sizes::kInDescriptor}).finish();
  for (size_t size = 0; size < archive.size(); ++size) {
    EXPECT_FALSE(ZipReader::open(bytes_of(archive.substr(0, size)))) << "of " << size << " bytes";
  }
}

TEST(ZipReader, SurvivesEveryByteChanged) {
  const std::string archive = ZipBuilder()
                                  .add({.name = "a", .raw = deflated(std::string(300, 'x')), .method = 8, .size = 300})
                                  .add({.name = "b", .raw = "beta", .sizes = Member::Sizes::kInDescriptor})
                                  .finish(ZipBuilder::End::kZip64);
  for (size_t at = 0; at < archive.size(); ++at) {
    for (const int flip : {1, 0x80, 0xff}) {
      std::string changed = archive;
      changed[at] = static_cast<char>(changed[at] ^ flip);
      const auto zip = ZipReader::open(bytes_of(changed));
      if (!zip) continue;
      for (const ZipMember& member : zip->members()) {
        std::vector<std::byte> buffer;
        (void)read_member(member, 1 << 20, buffer);
      }
    }
  }
}

TEST(Crc32, EqualsZlibAtEveryLength) {
  std::mt19937 random(1);
  std::string text(1500, '\0');
  for (char& c : text) c = static_cast<char>(random());
  for (size_t size = 0; size < text.size(); ++size) {
    const uint32_t expected =
        static_cast<uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(text.data()), static_cast<uInt>(size)));
    ASSERT_EQ(crc32_of(bytes_of(text).first(size)), expected) << "of " << size << " bytes";
  }
}

}  // namespace
}  // namespace modelport
