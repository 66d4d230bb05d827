#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace modelport {

/// The file formats a checkpoint may come in.
enum class Container : uint8_t {
  kTorchZip,
  kTorchLegacy,
  kSafetensors,
  kHubDirectory,
  kTorchTar,
  kTorchScript,
  kTorchScriptFlatbuffer,
  kTorchPackage,
  kPt2,
  kExecuTorch,
  kKerasZip,
  kHdf5,
  kSavedModelZip,
  kCoreMlZip,
  kProtobufModel,
  kOnnx,
  kOnnxZip,
  kOrt,
  kTflite,
  kOpenVino,
  kTensorRt,
  kDarknet,
  kMxnet,
  kGguf,
  kNcnn,
  kRknn,
  kNumpy,
  kNumpyZip,
  kPlainPickle,
  kZip,
  kEncryptedZip,
  kTar,
  kSevenZip,
  kRar,
  kGzip,
  kXz,
  kBzip2,
  kZstd,
  kLz4,
  kZlib,
  kPng,
  kJpeg,
  kPicture,
  kVideo,
  kParquet,
  kSqlite,
  kElf,
  kPdf,
  kLfsPointer,
  kWebPage,
  kXml,
  kJson,
  kText,
  kUnknown,
};

/// One row per Container: its name in messages and what to do with a file of it.
struct ContainerInfo {
  Container container;
  std::string_view name;
  enum class Support { kRead, kRefused } support;
  std::string_view hint;
};

std::span<const ContainerInfo> containers();
const ContainerInfo& container_info(Container container);

/// What the first bytes (and for tar and zip a little more) say the file is. kZip stands for any zip: its members
/// decide between kTorchZip and the others (`classify_zip`). A pickle of protocol 0 or 1 looks like kText or kUnknown.
Container container_from_bytes(std::span<const std::byte> bytes);

}  // namespace modelport
