#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <string>

#include "base/checked.h"
#include "service/checkpoints/archive_expansion.h"

/// POSIX.1-2017 pax, "ustar Interchange Format" and "pax Extended Header", and GNU's long names.
namespace modelport {

namespace {

constexpr size_t kBlock = 512;

struct Header {
  std::string name;
  uint64_t size = 0;
  char type = 0;
};

/// What extension headers say of the member that follows them.
struct Overrides {
  std::optional<std::string> name;
  std::optional<uint64_t> size;
};

std::string_view field(std::span<const std::byte> block, size_t at, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(block.data()) + at, size);
  return text.substr(0, std::min(text.find('\0'), size));
}

std::optional<uint64_t> octal(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  uint64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value, 8);
  if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// GNU's sizes above 8 GiB: a set top bit, then the number.
std::optional<uint64_t> size_field(std::span<const std::byte> block) {
  constexpr size_t kAt = 124, kSize = 12;
  if (static_cast<uint8_t>(block[kAt]) != 0x80) return octal(field(block, kAt, kSize));
  uint64_t value = 0;
  for (size_t i = kAt + 1; i < kAt + kSize; ++i) {
    if (value >> 56 != 0) return std::nullopt;
    value = value << 8 | static_cast<uint8_t>(block[i]);
  }
  return value;
}

uint64_t checksum(std::span<const std::byte> block) {
  uint64_t sum = 0;
  for (size_t i = 0; i < kBlock; ++i) sum += i >= 148 && i < 156 ? ' ' : static_cast<uint8_t>(block[i]);
  return sum;
}

Result<Header> read_header(std::span<const std::byte> block, uint64_t offset) {
  if (octal(field(block, 148, 8)) != checksum(block))
    return fail(ErrorCode::kDamaged, "the tar's header at byte {} has a wrong checksum", offset);
  const auto size = size_field(block);
  if (!size) return fail(ErrorCode::kDamaged, "the tar's header at byte {} has no size", offset);
  Header header{std::string(field(block, 0, 100)), *size, static_cast<char>(block[156])};
  const std::string_view prefix = field(block, 345, 155);
  // GNU's own format has other fields there.
  if (!prefix.empty() && std::memcmp(block.data() + 257, "ustar\0", 6) == 0)
    header.name = std::string(prefix) + "/" + header.name;
  return header;
}

/// Records "LENGTH KEY=VALUE\n".
Status read_pax(std::string_view text, Overrides& next) {
  while (!text.empty()) {
    size_t length = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), length);
    const auto digits = static_cast<size_t>(end - text.data());
    if (failed != std::errc() || length > text.size() || length < digits + 3 || text[length - 1] != '\n')
      return fail(ErrorCode::kDamaged, "the tar has a damaged pax header");
    const std::string_view record = text.substr(digits + 1, length - digits - 2);
    const size_t equals = std::min(record.find('='), record.size());
    const std::string_view key = record.substr(0, equals);
    const std::string value(equals < record.size() ? record.substr(equals + 1) : "");
    if (key == "path") next.name = value;
    if (key == "size") {
      uint64_t size = 0;
      const auto [stop, wrong] = std::from_chars(value.data(), value.data() + value.size(), size);
      if (wrong != std::errc() || stop != value.data() + value.size())
        return fail(ErrorCode::kDamaged, "the tar has a pax header without a size");
      next.size = size;
    }
    text.remove_prefix(length);
  }
  return {};
}

Status add_member(const Header& header, std::span<const std::byte> content, Expansion& into) {
  std::string_view name = header.name;
  while (name.starts_with("./")) name.remove_prefix(2);
  switch (header.type) {
    case '\0':
    case '0':
    case '7':
      return into.add_file(name, content);
    case '5':
      return into.add_directory(name);
    default:
      return fail(ErrorCode::kHostile, "member {} is neither a file nor a directory", name);
  }
}

}  // namespace

Status expand_tar(std::span<const std::byte> bytes, Expansion& into) {
  Overrides next;
  for (uint64_t at = 0; at + kBlock <= bytes.size();) {
    const auto block = bytes.subspan(at, kBlock);
    if (std::ranges::all_of(block, [](std::byte b) { return b == std::byte{0}; })) return {};
    TRY(header, read_header(block, at));
    const bool is_extension = header.type == 'x' || header.type == 'g' || header.type == 'L' || header.type == 'K';
    if (!is_extension) {
      header.name = next.name.value_or(header.name);
      header.size = next.size.value_or(header.size);
      next = {};
    }
    at += kBlock;
    if (header.size > bytes.size() - at) return fail(ErrorCode::kDamaged, "the tar ends within member {}", header.name);
    const auto content = bytes.subspan(at, header.size);
    at += (header.size + kBlock - 1) / kBlock * kBlock;
    const std::string_view text(reinterpret_cast<const char*>(content.data()), content.size());
    if (header.type == 'x') CHECK_OK(read_pax(text, next));
    if (header.type == 'L') next.name = std::string(text.substr(0, text.find('\0')));
    if (!is_extension) CHECK_OK(add_member(header, content, into));
  }
  return fail(ErrorCode::kDamaged, "the tar has no end");
}

}  // namespace modelport
