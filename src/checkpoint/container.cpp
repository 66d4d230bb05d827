#include "checkpoint/container.h"

#include <algorithm>
#include <optional>

namespace modelport {
namespace {

constexpr std::string_view kSaveAgain = "load it with the framework that wrote it and save it with torch.save";
constexpr std::string_view kUnpack = "unpack it and give the file inside";
constexpr std::string_view kExported = "give the checkpoint it was exported from";
constexpr std::string_view kOtherFramework = "it is of another framework; give a checkpoint of PyTorch";
constexpr std::string_view kNoModel = "it holds no network; give the checkpoint (.pt, .pth or .safetensors)";
constexpr std::string_view kDownloadAgain = "download the file itself again";
using enum ContainerInfo::Support;

constexpr ContainerInfo kContainers[] = {
    {Container::kTorchZip, "torch.save zip archive", kRead, ""},
    {Container::kTorchLegacy, "legacy torch.save file (before PyTorch 1.6)", kRead, ""},
    {Container::kSafetensors, "safetensors file", kRead, ""},
    {Container::kHubDirectory, "directory of config.json and weights", kRead, ""},
    {Container::kTorchTar, "tar archive (torch.save before PyTorch 0.1.10)", kRefused, kSaveAgain},
    {Container::kTorchScript, "TorchScript archive", kRefused, "export from the checkpoint it was traced from"},
    {Container::kTorchScriptFlatbuffer, "TorchScript for mobiles (flatbuffer)", kRefused, kExported},
    {Container::kTorchPackage, "torch.package archive", kRefused, kSaveAgain},
    {Container::kPt2, "torch.export (.pt2) archive", kRefused, "export from the checkpoint it was made from"},
    {Container::kExecuTorch, "ExecuTorch program (.pte)", kRefused, kExported},
    {Container::kKerasZip, "Keras archive (.keras)", kRefused, kOtherFramework},
    {Container::kHdf5, "HDF5 file (Keras .h5)", kRefused, kOtherFramework},
    {Container::kSavedModelZip, "zip archive of a TensorFlow SavedModel", kRefused, kOtherFramework},
    {Container::kCoreMlZip, "zip archive of a Core ML package", kRefused, kExported},
    {Container::kProtobufModel, "Core ML model or TensorFlow SavedModel", kRefused, kExported},
    {Container::kOnnx, "ONNX model", kRefused, kExported},
    {Container::kOnnxZip, "zip archive of an ONNX model", kRefused, kExported},
    {Container::kOrt, "ONNX Runtime's own format (.ort)", kRefused, kExported},
    {Container::kTflite, "TensorFlow Lite model", kRefused, kExported},
    {Container::kOpenVino, "OpenVINO IR (.xml)", kRefused, kExported},
    {Container::kTensorRt, "TensorRT engine", kRefused, kExported},
    {Container::kDarknet, "Darknet weights", kRefused, kOtherFramework},
    {Container::kMxnet, "MXNet parameters", kRefused, kOtherFramework},
    {Container::kGguf, "GGUF file", kRefused, kOtherFramework},
    {Container::kNcnn, "ncnn network (.param)", kRefused, kExported},
    {Container::kRknn, "RKNN model", kRefused, kExported},
    {Container::kNumpy, "numpy array (.npy)", kRefused, kNoModel},
    {Container::kNumpyZip, "numpy archive (.npz)", kRefused, kNoModel},
    {Container::kPlainPickle, "plain pickle", kRefused, "save the state_dict or model with torch.save"},
    {Container::kZip, "zip archive that torch.save did not write", kRefused, kUnpack},
    {Container::kEncryptedZip, "encrypted zip archive", kRefused, kUnpack},
    {Container::kTar, "tar archive", kRefused, kUnpack},
    {Container::kSevenZip, "7z archive", kRefused, kUnpack},
    {Container::kRar, "RAR archive", kRefused, kUnpack},
    {Container::kGzip, "gzip file", kRefused, kUnpack},
    {Container::kXz, "xz file", kRefused, kUnpack},
    {Container::kBzip2, "bzip2 file", kRefused, kUnpack},
    {Container::kZstd, "zstd file", kRefused, kUnpack},
    {Container::kLz4, "LZ4 file", kRefused, kUnpack},
    {Container::kZlib, "zlib stream (as joblib writes)", kRefused, kSaveAgain},
    {Container::kPng, "PNG image", kRefused, kNoModel},
    {Container::kJpeg, "JPEG image", kRefused, kNoModel},
    {Container::kPicture, "picture", kRefused, kNoModel},
    {Container::kVideo, "video", kRefused, kNoModel},
    {Container::kParquet, "Parquet file", kRefused, kNoModel},
    {Container::kSqlite, "SQLite database", kRefused, kNoModel},
    {Container::kElf, "program or library", kRefused, kNoModel},
    {Container::kPdf, "PDF document", kRefused, kNoModel},
    {Container::kLfsPointer, "text file, a Git LFS pointer", kRefused, "fetch what it points to with git lfs pull"},
    {Container::kWebPage, "text file, a web page", kRefused, kDownloadAgain},
    {Container::kXml, "text file, XML", kRefused, kNoModel},
    {Container::kJson, "text file, JSON", kRefused, kNoModel},
    {Container::kText, "text file", kRefused, "this may be a configuration or an error message that was saved"},
    {Container::kUnknown, "file of an unknown kind", kRefused, kNoModel},
};

constexpr bool are_in_order() {
  for (size_t i = 0; i < std::size(kContainers); ++i) {
    if (static_cast<size_t>(kContainers[i].container) != i) return false;
  }
  return true;
}
static_assert(are_in_order());

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
    // The same in a frame (protocols 4 and 5), and as text (protocols 0 and 1).
    {Container::kTorchLegacy, 11, "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."sv},
    {Container::kTorchLegacy, 0, "L119547037146038801333356L\n."sv},
    {Container::kHdf5, 0, "\x89HDF\r\n\x1a\n"sv},
    {Container::kTflite, 4, "TFL3"sv},
    {Container::kOrt, 4, "ORTM"sv},
    {Container::kTorchScriptFlatbuffer, 4, "PTMF"sv},
    {Container::kExecuTorch, 4, "ET1"sv},
    {Container::kTensorRt, 0, "ftrt"sv},
    {Container::kGguf, 0, "GGUF"sv},
    {Container::kRknn, 0, "RKNN"sv},
    {Container::kNcnn, 0, "7767517\n"sv},
    {Container::kMxnet, 0, "\x12\x01\0\0\0\0\0\0"sv},
    // Versions 0.2.0 and 0.2.5.
    {Container::kDarknet, 0, "\0\0\0\0\x02\0\0\0\0\0\0\0"sv},
    {Container::kDarknet, 0, "\0\0\0\0\x02\0\0\0\x05\0\0\0"sv},
    {Container::kNumpy, 0, "\x93NUMPY"sv},
    {Container::kSevenZip, 0, "7z\xbc\xaf\x27\x1c"sv},
    {Container::kRar, 0, "Rar!\x1a\x07"sv},
    {Container::kGzip, 0, "\x1f\x8b"sv},
    {Container::kXz, 0,
     "\xfd"
     "7zXZ\0"sv},
    {Container::kBzip2, 0, "BZh"sv},
    {Container::kZstd, 0, "\x28\xb5\x2f\xfd"sv},
    {Container::kLz4, 0, "\x04\x22\x4d\x18"sv},
    {Container::kZlib, 0, "\x78\x01"sv},
    {Container::kZlib, 0, "\x78\x9c"sv},
    {Container::kZlib, 0, "\x78\xda"sv},
    {Container::kPng, 0, "\x89PNG\r\n\x1a\n"sv},
    {Container::kJpeg, 0, "\xff\xd8\xff"sv},
    {Container::kPicture, 0, "GIF8"sv},
    {Container::kPicture, 8, "WEBP"sv},
    {Container::kPicture, 0, "II*\0"sv},
    {Container::kVideo, 4, "ftyp"sv},
    {Container::kVideo, 8, "AVI "sv},
    {Container::kParquet, 0, "PAR1"sv},
    {Container::kSqlite, 0, "SQLite format 3\0"sv},
    {Container::kElf, 0,
     "\x7f"
     "ELF"sv},
    {Container::kPdf, 0, "%PDF-"sv},
    {Container::kLfsPointer, 0, "version https://git-lfs"sv},
    {Container::kPlainPickle, 0, "\x80"sv},
};

/// The length of a header below 2^40, and the header's first character.
bool is_safetensors(std::string_view text) {
  return text.size() > 8 && text[8] == '{' && text[5] == 0 && text[6] == 0 && text[7] == 0;
}

enum class Case { kKept, kFolded };

bool begins(std::string_view text, std::string_view wanted, Case letters) {
  return text.size() >= wanted.size() && std::ranges::equal(text.substr(0, wanted.size()), wanted, [&](char a, char b) {
           return a == b || (letters == Case::kFolded && a >= 'A' && a <= 'Z' && a - 'A' + 'a' == b);
         });
}

/// What a text is, by its first kilobyte.
std::optional<Container> text_kind(std::string_view text) {
  constexpr size_t kLookedAt = 1024;
  std::string_view head = text.substr(0, kLookedAt);
  if (head.starts_with("\xef\xbb\xbf")) head.remove_prefix(3);
  head.remove_prefix(std::min(head.find_first_not_of(" \t\r\n"), head.size()));
  if (head.empty()) return std::nullopt;
  if (begins(head, "<!doctype html", Case::kFolded) || begins(head, "<html", Case::kFolded)) return Container::kWebPage;
  if (begins(head, "<?xml", Case::kKept) || begins(head, "<net ", Case::kKept)) {
    return head.find("<net ") == std::string_view::npos ? Container::kXml : Container::kOpenVino;
  }
  const bool is_text = std::ranges::all_of(
      head, [](char c) { return static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\r' || c == '\t'; });
  if (!is_text) return std::nullopt;
  if (head.front() == '{') return Container::kJson;
  return Container::kText;
}

/// A protobuf message whose first field is a small number, as ONNX, Core ML and TensorFlow begin.
std::optional<Container> protobuf_kind(std::string_view text) {
  if (text.size() <= 4 || text[0] != 0x08 || text[1] < 1 || text[1] > 20) return std::nullopt;
  // ModelProto: field 1 is ir_version, then one of fields 2 to 8; the others have a message where it has a name.
  if (text[2] == 0x12 && text[3] != 0) {
    const size_t payload = text[3] & 0x80 ? text[4] & 0x80 ? 6 : 5 : 4;
    if (payload < text.size() && text[payload] == 0x0a) return Container::kProtobufModel;
  }
  constexpr std::string_view kNextFields = "\x12\x1a\x22\x28\x32\x3a\x42";
  return kNextFields.find(text[2]) == std::string_view::npos ? std::nullopt : std::optional(Container::kOnnx);
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

/// torch's archives hold these and nothing else.
Container tar_kind(std::string_view text) {
  std::string_view first = text.substr(0, std::min(text.find('\0'), size_t{100}));
  if (first.starts_with("./")) first.remove_prefix(2);
  constexpr std::string_view kTorchMembers[] = {"sys_info", "pickle", "storages", "tensors"};
  return std::ranges::find(kTorchMembers, first) == std::end(kTorchMembers) ? Container::kTar : Container::kTorchTar;
}

}  // namespace

std::span<const ContainerInfo> containers() { return kContainers; }

const ContainerInfo& container_info(Container container) { return kContainers[static_cast<size_t>(container)]; }

Container container_from_bytes(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  // Before the others: the first bytes are a length, which may look like any short magic.
  if (is_safetensors(text)) return Container::kSafetensors;
  for (const Magic& magic : kMagics) {
    if (text.size() >= magic.offset && text.substr(magic.offset).starts_with(magic.bytes)) return magic.container;
  }
  if (text.size() >= 262 && text.substr(257).starts_with("ustar")) return tar_kind(text);
  if (is_old_tar(text)) return tar_kind(text);
  if (const auto kind = text_kind(text)) return *kind;
  return protobuf_kind(text).value_or(Container::kUnknown);
}

}  // namespace modelport
