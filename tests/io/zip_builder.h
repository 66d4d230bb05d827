#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/crc32.h"

namespace modelport {

/// Writes zip archives for tests, right or wrong in a chosen place.
class ZipBuilder {
 public:
  struct Member {
    std::string name;
    /// The bytes as they lie in the archive.
    std::string raw;
    uint16_t method = 0;
    uint16_t flags = 0;
    /// What the headers claim; by default the truth.
    std::optional<uint32_t> crc = {};
    std::optional<uint32_t> size = {};
    std::optional<std::string> local_name = {};
    std::optional<uint32_t> offset = {};
    /// As torch writes: zeros in the local header, a data descriptor behind the bytes.
    enum class Sizes { kInHeader, kInDescriptor } sizes = Sizes::kInHeader;
  };

  ZipBuilder& add(Member member) {
    const auto offset = static_cast<uint32_t>(bytes_.size());
    const bool later = member.sizes == Member::Sizes::kInDescriptor;
    const auto flags = static_cast<uint16_t>(member.flags | (later ? 8 : 0));
    const auto stored = static_cast<uint32_t>(member.raw.size());
    const uint32_t size = member.size.value_or(stored);
    const uint32_t crc =
        member.crc.value_or(crc32_of({reinterpret_cast<const std::byte*>(member.raw.data()), member.raw.size()}));
    const std::string local_name = member.local_name.value_or(member.name);
    put(bytes_, 0x04034b50u);
    put<uint16_t>(bytes_, 20);
    put(bytes_, flags);
    put(bytes_, member.method);
    put<uint32_t>(bytes_, 0);
    put(bytes_, later ? 0u : crc);
    put(bytes_, later ? 0u : stored);
    put(bytes_, later ? 0u : size);
    put(bytes_, static_cast<uint16_t>(local_name.size()));
    put<uint16_t>(bytes_, 0);
    bytes_ += local_name + member.raw;
    if (later) {
      for (const uint32_t field : {0x08074b50u, crc, stored, size}) put(bytes_, field);
    }
    put(directory_, 0x02014b50u);
    put<uint16_t>(directory_, 20);
    put<uint16_t>(directory_, 20);
    put(directory_, flags);
    put(directory_, member.method);
    put<uint32_t>(directory_, 0);
    put(directory_, crc);
    put(directory_, stored);
    put(directory_, size);
    put(directory_, static_cast<uint16_t>(member.name.size()));
    for (int i = 0; i < 4; ++i) put<uint16_t>(directory_, 0);
    put<uint32_t>(directory_, 0);
    put(directory_, member.offset.value_or(offset));
    directory_ += member.name;
    ++count_;
    return *this;
  }

  ZipBuilder& add(std::string name, std::string raw) {
    return add(Member{.name = std::move(name), .raw = std::move(raw)});
  }

  /// Bytes between the members and the directory that belong to nothing.
  ZipBuilder& pad(std::string_view bytes) {
    bytes_ += bytes;
    return *this;
  }

  enum class End { kPlain, kZip64 };
  std::string finish(End end = End::kPlain, std::string_view comment = "") const {
    std::string out = bytes_ + directory_;
    const bool wide = end == End::kZip64;
    if (wide) {
      const auto at = static_cast<uint64_t>(out.size());
      put(out, 0x06064b50u);
      put<uint64_t>(out, 44);
      put<uint32_t>(out, 0x002d002d);
      put<uint64_t>(out, 0);
      put<uint64_t>(out, count_);
      put<uint64_t>(out, count_);
      put<uint64_t>(out, directory_.size());
      put<uint64_t>(out, bytes_.size());
      put(out, 0x07064b50u);
      put<uint32_t>(out, 0);
      put(out, at);
      put<uint32_t>(out, 1);
    }
    put(out, 0x06054b50u);
    put<uint32_t>(out, 0);
    put(out, wide ? uint16_t{0xffff} : count_);
    put(out, wide ? uint16_t{0xffff} : count_);
    put(out, wide ? 0xffffffffu : static_cast<uint32_t>(directory_.size()));
    put(out, wide ? 0xffffffffu : static_cast<uint32_t>(bytes_.size()));
    put(out, static_cast<uint16_t>(comment.size()));
    out += comment;
    return out;
  }

 private:
  template <class T>
  static void put(std::string& out, T value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }

  std::string bytes_;
  std::string directory_;
  uint16_t count_ = 0;
};

}  // namespace modelport
