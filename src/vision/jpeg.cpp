#include "vision/jpeg.h"

#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <jpeglib.h>  // Wants size_t and FILE declared before it.

#include "vision/image_file.h"

namespace modelport {

namespace {

/// libjpeg reports errors by a function that must not return.
struct ErrorTrap {
  jpeg_error_mgr manager;
  std::jmp_buf escape;
  char message[JMSG_LENGTH_MAX] = "";
};

void leave(j_common_ptr info) {
  auto* trap = reinterpret_cast<ErrorTrap*>(info->err);
  info->err->format_message(info, trap->message);
  std::longjmp(trap->escape, 1);
}

jpeg_error_mgr* prepare(ErrorTrap& trap) {
  jpeg_error_mgr* manager = jpeg_std_error(&trap.manager);
  manager->error_exit = leave;
  manager->output_message = [](j_common_ptr) {};
  return manager;
}

constexpr int kExifMarker = JPEG_APP0 + 1;
constexpr char kExifName[] = {'E', 'x', 'i', 'f', 0, 0};

void take_exif(const jpeg_decompress_struct& info, std::vector<std::byte>& exif) {
  for (jpeg_saved_marker_ptr marker = info.marker_list; marker != nullptr; marker = marker->next) {
    if (marker->marker != kExifMarker || marker->data_length < sizeof kExifName ||
        std::memcmp(marker->data, kExifName, sizeof kExifName) != 0)
      continue;
    const auto* begin = reinterpret_cast<const std::byte*>(marker->data);
    exif.assign(begin + sizeof kExifName, begin + marker->data_length);
    return;
  }
}

/// Everything between setjmp and longjmp lives in objects of the caller.
enum class Outcome { kDone, kRefused, kTooLarge };
Outcome decode_into(jpeg_decompress_struct& info, ErrorTrap& trap, std::span<const std::byte> bytes, Colors colors,
                    Image& image, std::vector<std::byte>& exif) {
  if (setjmp(trap.escape) != 0) return Outcome::kRefused;
  jpeg_create_decompress(&info);
  jpeg_mem_src(&info, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  jpeg_save_markers(&info, kExifMarker, 0xffff);
  jpeg_read_header(&info, TRUE);
  if (int64_t{info.image_width} * info.image_height > kMaxImagePixels) return Outcome::kTooLarge;
  info.out_color_space = colors == Colors::kGray ? JCS_GRAYSCALE : JCS_RGB;
  // libjpeg does not convert CMYK; it is converted below.
  const bool inked = info.num_components == 4;
  if (inked) info.out_color_space = JCS_CMYK;
  jpeg_start_decompress(&info);
  image = Image(info.output_width, info.output_height, info.output_components);
  while (info.output_scanline < info.output_height) {
    JSAMPROW row = image.at(0, info.output_scanline);
    jpeg_read_scanlines(&info, &row, 1);
  }
  take_exif(info, exif);
  jpeg_finish_decompress(&info);
  return Outcome::kDone;
}

/// Adobe's inverted CMYK as RGB, or as gray by OpenCV's weights.
Image from_cmyk(const Image& inked, Colors colors) {
  Image image(inked.width, inked.height, colors == Colors::kGray ? 1 : 3);
  for (int64_t i = 0; i < inked.width * inked.height; ++i) {
    const uint8_t* from = inked.pixels.data() + i * 4;
    uint8_t rgb[3];
    for (int c = 0; c < 3; ++c) rgb[c] = static_cast<uint8_t>(from[3] - ((255 - from[c]) * from[3] >> 8));
    if (image.channels == 3) {
      std::memcpy(image.pixels.data() + i * 3, rgb, 3);
    } else {
      image.pixels[i] = static_cast<uint8_t>((rgb[0] * 4899 + rgb[1] * 9617 + rgb[2] * 1868 + 8192) >> 14);
    }
  }
  return image;
}

Outcome encode_into(jpeg_compress_struct& info, ErrorTrap& trap, const Image& image, int quality, unsigned char** out,
                    unsigned long* size) {
  if (setjmp(trap.escape) != 0) return Outcome::kRefused;
  jpeg_create_compress(&info);
  jpeg_mem_dest(&info, out, size);
  info.image_width = static_cast<JDIMENSION>(image.width);
  info.image_height = static_cast<JDIMENSION>(image.height);
  info.input_components = static_cast<int>(image.channels);
  info.in_color_space = image.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, quality, TRUE);
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < info.image_height) {
    JSAMPROW row = const_cast<uint8_t*>(image.at(0, info.next_scanline));
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  return Outcome::kDone;
}

}  // namespace

Result<Image> decode_jpeg(std::span<const std::byte> bytes, Colors colors, std::vector<std::byte>& exif) {
  ErrorTrap trap;
  jpeg_decompress_struct info{};
  info.err = prepare(trap);
  Image image;
  const Outcome outcome = decode_into(info, trap, bytes, colors, image, exif);
  const int64_t width = info.image_width, height = info.image_height;
  jpeg_destroy_decompress(&info);
  if (outcome == Outcome::kRefused) return fail(ErrorCode::kDamaged, "not a readable JPEG: {}", trap.message);
  if (outcome == Outcome::kTooLarge) return fail(ErrorCode::kHostile, "a JPEG of {}x{} pixels", width, height);
  if (image.channels == 4) return from_cmyk(image, colors);
  return image;
}

Result<std::vector<std::byte>> encode_jpeg(const Image& image, int quality) {
  ErrorTrap trap;
  jpeg_compress_struct info{};
  info.err = prepare(trap);
  unsigned char* out = nullptr;
  unsigned long size = 0;
  const Outcome outcome = encode_into(info, trap, image, quality, &out, &size);
  jpeg_destroy_compress(&info);
  std::vector<std::byte> bytes;
  if (outcome == Outcome::kDone)
    bytes.assign(reinterpret_cast<std::byte*>(out), reinterpret_cast<std::byte*>(out) + size);
  std::free(out);
  if (outcome != Outcome::kDone) return fail(ErrorCode::kInternal, "libjpeg cannot write: {}", trap.message);
  return bytes;
}

}  // namespace modelport
