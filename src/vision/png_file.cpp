#include "vision/png_file.h"

#include <png.h>

#include <csetjmp>
#include <cstring>

#include "vision/image_file.h"

namespace modelport {

namespace {

/// What libpng's callbacks reach: the bytes left to read or the bytes written, and the message of what it refused.
struct Stream {
  std::span<const std::byte> in;
  std::vector<std::byte> out;
  std::string message;
};

void refuse(png_structp png, png_const_charp message) {
  static_cast<Stream*>(png_get_error_ptr(png))->message = message;
  png_longjmp(png, 1);
}

void read_bytes(png_structp png, png_bytep to, size_t count) {
  auto* stream = static_cast<Stream*>(png_get_io_ptr(png));
  if (stream->in.size() < count) png_error(png, "the file ends early");
  std::memcpy(to, stream->in.data(), count);
  stream->in = stream->in.subspan(count);
}

void write_bytes(png_structp png, png_bytep from, size_t count) {
  auto* stream = static_cast<Stream*>(png_get_io_ptr(png));
  const auto* begin = reinterpret_cast<const std::byte*>(from);
  stream->out.insert(stream->out.end(), begin, begin + count);
}

/// Rows as 8-bit RGB or gray, whatever the file holds.
void ask_for(png_structp png, png_infop info, Colors colors) {
  png_set_expand(png);
  png_set_strip_16(png);
  png_set_strip_alpha(png);
  png_set_interlace_handling(png);
  const bool colored = png_get_color_type(png, info) & (PNG_COLOR_MASK_COLOR | PNG_COLOR_MASK_PALETTE);
  if (colors == Colors::kRgb) png_set_gray_to_rgb(png);
  constexpr int kSilently = 1;
  if (colors == Colors::kGray && colored) png_set_rgb_to_gray(png, kSilently, 0.299, 0.587);
  png_read_update_info(png, info);
}

/// Everything between setjmp and longjmp lives in objects of the caller.
bool decode_into(png_structp png, png_infop info, Stream& stream, Colors colors, Image& image,
                 std::vector<png_bytep>& rows, std::vector<std::byte>& exif) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  png_set_read_fn(png, &stream, read_bytes);
  png_set_user_limits(png, 1 << 20, 1 << 20);
  png_read_info(png, info);
  const int64_t width = png_get_image_width(png, info), height = png_get_image_height(png, info);
  if (width * height > kMaxImagePixels) png_error(png, "too many pixels");
  png_bytep chunk = nullptr;
  png_uint_32 size = 0;
  if (png_get_eXIf_1(png, info, &size, &chunk) != 0) {
    exif.assign(reinterpret_cast<std::byte*>(chunk), reinterpret_cast<std::byte*>(chunk) + size);
  }
  ask_for(png, info, colors);
  image = Image(width, height, png_get_channels(png, info));
  for (int64_t y = 0; y < height; ++y) rows.push_back(image.at(0, y));
  png_read_image(png, rows.data());
  return true;
}

bool encode_into(png_structp png, png_infop info, Stream& stream, const Image& image) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  png_set_write_fn(png, &stream, write_bytes, [](png_structp) {});
  png_set_IHDR(png, info, static_cast<png_uint_32>(image.width), static_cast<png_uint_32>(image.height), 8,
               image.channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  for (int64_t y = 0; y < image.height; ++y) png_write_row(png, image.at(0, y));
  png_write_end(png, nullptr);
  return true;
}

}  // namespace

Result<Image> decode_png(std::span<const std::byte> bytes, Colors colors, std::vector<std::byte>& exif) {
  Stream stream{bytes, {}, {}};
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &stream, refuse, [](png_structp, png_const_charp) {});
  png_infop info = png_create_info_struct(png);
  Image image;
  std::vector<png_bytep> rows;
  const bool done = decode_into(png, info, stream, colors, image, rows, exif);
  png_destroy_read_struct(&png, &info, nullptr);
  if (!done) return fail(ErrorCode::kDamaged, "not a readable PNG: {}", stream.message);
  return image;
}

Result<std::vector<std::byte>> encode_png(const Image& image) {
  Stream stream;
  png_structp png =
      png_create_write_struct(PNG_LIBPNG_VER_STRING, &stream, refuse, [](png_structp, png_const_charp) {});
  png_infop info = png_create_info_struct(png);
  const bool done = encode_into(png, info, stream, image);
  png_destroy_write_struct(&png, &info);
  if (!done) return fail(ErrorCode::kInternal, "libpng cannot write: {}", stream.message);
  return std::move(stream.out);
}

}  // namespace modelport
