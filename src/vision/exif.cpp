#include "vision/exif.h"

#include <cstring>

namespace modelport {

namespace {

/// Little-endian ("II") or big-endian ("MM") reads with bounds.
class TiffBytes {
 public:
  explicit TiffBytes(std::span<const std::byte> bytes) : bytes_(bytes) {
    little_ = bytes.size() >= 2 && bytes[0] == std::byte{'I'} && bytes[1] == std::byte{'I'};
    const bool big = bytes.size() >= 2 && bytes[0] == std::byte{'M'} && bytes[1] == std::byte{'M'};
    valid_ = little_ || big;
  }

  /// The unsigned number of `size` bytes at `offset`; 0 beyond the end, where valid() turns false.
  uint32_t number(size_t offset, size_t size) {
    if (offset > bytes_.size() || bytes_.size() - offset < size) valid_ = false;
    if (!valid_) return 0;
    uint32_t value = 0;
    for (size_t i = 0; i < size; ++i) {
      const size_t at = offset + (little_ ? size - 1 - i : i);
      value = value << 8 | std::to_integer<uint32_t>(bytes_[at]);
    }
    return value;
  }
  bool valid() const { return valid_; }

 private:
  std::span<const std::byte> bytes_;
  bool little_ = false;
  bool valid_ = false;
};

constexpr uint32_t kMagic = 42, kOrientationTag = 0x0112;
constexpr size_t kEntryBytes = 12, kValueAt = 8;

}  // namespace

int exif_orientation(std::span<const std::byte> tiff) {
  TiffBytes bytes(tiff);
  if (bytes.number(2, 2) != kMagic) return 1;
  const size_t directory = bytes.number(4, 4);
  const uint32_t entries = bytes.number(directory, 2);
  for (uint32_t i = 0; i < entries && bytes.valid(); ++i) {
    const size_t entry = directory + 2 + i * kEntryBytes;
    if (bytes.number(entry, 2) != kOrientationTag) continue;
    const uint32_t value = bytes.number(entry + kValueAt, 2);
    return bytes.valid() && value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

Image upright(Image image, int orientation) {
  if (orientation == 1) return image;
  const bool turned = orientation >= 5;
  const bool mirrored_x = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool mirrored_y = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  Image out(turned ? image.height : image.width, turned ? image.width : image.height, image.channels);
  for (int64_t y = 0; y < out.height; ++y) {
    for (int64_t x = 0; x < out.width; ++x) {
      int64_t from_x = turned ? y : x, from_y = turned ? x : y;
      if (mirrored_x) from_x = image.width - 1 - from_x;
      if (mirrored_y) from_y = image.height - 1 - from_y;
      std::memcpy(out.at(x, y), image.at(from_x, from_y), static_cast<size_t>(image.channels));
    }
  }
  return out;
}

}  // namespace modelport
