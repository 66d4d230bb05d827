#include "vision/image_file.h"

#include <algorithm>
#include <filesystem>

#include "io/mapped_file.h"
#include "io/output_file.h"
#include "vision/exif.h"
#include "vision/jpeg.h"
#include "vision/png_file.h"

namespace modelport {

namespace {

bool starts_with(std::span<const std::byte> bytes, std::initializer_list<uint8_t> magic) {
  return bytes.size() >= magic.size() &&
         std::equal(magic.begin(), magic.end(), bytes.begin(),
                    [](uint8_t a, std::byte b) { return a == std::to_integer<uint8_t>(b); });
}

Result<Image> decode(std::span<const std::byte> bytes, Colors colors, std::vector<std::byte>& exif) {
  if (starts_with(bytes, {0xff, 0xd8, 0xff})) return decode_jpeg(bytes, colors, exif);
  if (starts_with(bytes, {0x89, 'P', 'N', 'G'})) return decode_png(bytes, colors, exif);
  return fail(ErrorCode::kInvalidArgument, "is neither a JPEG nor a PNG; convert it to one of them");
}

}  // namespace

Result<Image> read_image(const std::string& path, Colors colors) {
  TRY(file, MappedFile::open(path));
  std::vector<std::byte> exif;
  TRY(image, decode(file->bytes(), colors, exif).in(path));
  return upright(std::move(image), exif_orientation(exif));
}

Status write_image(const std::string& path, const Image& image) {
  std::string ending = std::filesystem::path(path).extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) { return std::tolower(c); });
  constexpr int kQuality = 95;
  if (ending != ".png" && ending != ".jpg" && ending != ".jpeg") {
    return fail(ErrorCode::kInvalidArgument, "{}: pictures are written as .png, .jpg or .jpeg", path);
  }
  TRY(bytes, ending == ".png" ? encode_png(image) : encode_jpeg(image, kQuality));
  TRY(file, OutputFile::create(path));
  CHECK_OK(file.append(bytes));
  return file.finish();
}

}  // namespace modelport
