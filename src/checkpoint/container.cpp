#include "checkpoint/container.h"

namespace modelport {
namespace {

constexpr std::string_view kSaveAgain = "load it with the framework that wrote it and save it with torch.save";
constexpr std::string_view kUnpack = "unpack it and give the file inside";
using enum ContainerInfo::Support;

constexpr ContainerInfo kContainers[] = {
    {Container::kTorchZip, "torch.save zip archive", kRead, ""},
    {Container::kTorchLegacy, "legacy torch.save file (before PyTorch 1.6)", kRead, ""},
    {Container::kSafetensors, "safetensors file", kRead, ""},
    {Container::kTorchTar, "tar archive (torch.save before PyTorch 0.1.10)", kRefused, kSaveAgain},
    {Container::kTorchScript, "TorchScript archive", kRefused, "export from the checkpoint it was traced from"},
    {Container::kPt2, "torch.export (.pt2) archive", kRefused, "export from the checkpoint it was made from"},
    {Container::kKerasZip, "Keras archive (.keras)", kRefused, ""},
    {Container::kHdf5, "HDF5 file (Keras .h5)", kRefused, ""},
    {Container::kOnnx, "ONNX model", kRefused, "give the checkpoint it was exported from"},
    {Container::kTflite, "TensorFlow Lite model", kRefused, "give the checkpoint it was exported from"},
    {Container::kPlainPickle, "plain pickle", kRefused, "save the state_dict or model with torch.save"},
    {Container::kZip, "zip archive that torch.save did not write", kRefused, kUnpack},
    {Container::kEncryptedZip, "encrypted zip archive", kRefused, kUnpack},
    {Container::kSevenZip, "7z archive", kRefused, kUnpack},
    {Container::kRar, "RAR archive", kRefused, kUnpack},
    {Container::kGzip, "gzip file", kRefused, kUnpack},
    {Container::kXz, "xz file", kRefused, kUnpack},
    {Container::kBzip2, "bzip2 file", kRefused, kUnpack},
    {Container::kZstd, "zstd file", kRefused, kUnpack},
    {Container::kPng, "PNG image", kRefused, ""},
    {Container::kJpeg, "JPEG image", kRefused, ""},
    {Container::kText, "text file", kRefused, "this may be a Git LFS pointer, a web page or a configuration"},
    {Container::kUnknown, "file of an unknown kind", kRefused, ""},
};

struct Magic {
  Container container;
  size_t offset;
  std::string_view bytes;
};

using namespace std::string_view_literals;
constexpr Magic kMagics[] = {
    {Container::kZip, 0, "PK\x03\x04"sv},
    {Container::kZip, 0, "PK\x05\x06"sv},
    // The pickled number 0x1950a86a20f9469cfc6c that legacy torch.save writes first.
    {Container::kTorchLegacy, 2, "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."sv},
    {Container::kTorchTar, 257, "ustar"sv},
    {Container::kHdf5, 0, "\x89HDF\r\n\x1a\n"sv},
    {Container::kTflite, 4, "TFL3"sv},
    {Container::kSevenZip, 0, "7z\xbc\xaf\x27\x1c"sv},
    {Container::kRar, 0, "Rar!\x1a\x07"sv},
    {Container::kGzip, 0, "\x1f\x8b"sv},
    {Container::kXz, 0,
     "\xfd"
     "7zXZ\0"sv},
    {Container::kBzip2, 0, "BZh"sv},
    {Container::kZstd, 0, "\x28\xb5\x2f\xfd"sv},
    {Container::kPng, 0, "\x89PNG\r\n\x1a\n"sv},
    {Container::kJpeg, 0, "\xff\xd8\xff"sv},
    {Container::kSafetensors, 8, "{"sv},
    {Container::kText, 0, "version https://git-lfs"sv},
    {Container::kText, 0, "<!DOCTYPE"sv},
    {Container::kText, 0, "<html"sv},
    {Container::kText, 0, "{"sv},
    {Container::kPlainPickle, 0, "\x80"sv},
};

bool is_onnx(std::string_view text) {
  // ModelProto: field 1 (ir_version, a small varint), then one of fields 2 to 8.
  return text.size() > 4 && text[0] == 0x08 && text[1] >= 1 && text[1] <= 20 &&
         (text[2] == 0x12 || text[2] == 0x1a || text[2] == 0x22 || text[2] == 0x28 || text[2] == 0x32 ||
          text[2] == 0x3a || text[2] == 0x42);
}

/// Old tar has no magic: its header's checksum (octal at 148) must be the sum of the other bytes.
bool is_old_tar(std::string_view text) {
  if (text.size() < 512) return false;
  unsigned declared = 0;
  size_t i = 148;
  while (i < 156 && text[i] == ' ') ++i;
  if (i == 156 || text[i] < '0' || text[i] > '7') return false;
  for (; i < 156 && text[i] >= '0' && text[i] <= '7'; ++i)
    declared = declared * 8 + static_cast<unsigned>(text[i] - '0');
  unsigned sum = 8 * ' ';
  for (size_t k = 0; k < 512; ++k) {
    if (k < 148 || k >= 156) sum += static_cast<unsigned char>(text[k]);
  }
  return sum == declared;
}

}  // namespace

const ContainerInfo& container_info(Container container) { return kContainers[static_cast<size_t>(container)]; }

Container container_from_bytes(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  for (const Magic& magic : kMagics) {
    if (text.size() >= magic.offset && text.substr(magic.offset).starts_with(magic.bytes)) return magic.container;
  }
  if (is_onnx(text)) return Container::kOnnx;
  if (is_old_tar(text)) return Container::kTorchTar;
  return Container::kUnknown;
}

}  // namespace modelport
