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
  kTorchTar,
  kTorchScript,
  kPt2,
  kKerasZip,
  kHdf5,
  kOnnx,
  kTflite,
  kPlainPickle,
  kZip,
  kEncryptedZip,
  kSevenZip,
  kRar,
  kGzip,
  kXz,
  kBzip2,
  kZstd,
  kPng,
  kJpeg,
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

const ContainerInfo& container_info(Container container);

/// What the first bytes (and for tar and zip a little more) say the file is. kZip stands for any zip: torch's own
/// members decide between kTorchZip, kTorchScript, kPt2 and kKerasZip.
Container container_from_bytes(std::span<const std::byte> bytes);

}  // namespace modelport
