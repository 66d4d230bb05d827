#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "tensor/dtype.h"

/// The grammar of a TorchScript archive (torch/csrc/jit/serialization, docs/serialization.md): a zip whose members lie
/// in one folder,
///
///   version              the archive version, "10\n"
///   byteorder            "little"
///   data.pkl             protocol 2: an object of class __torch__.Net whose state gives every attribute; tensors are
///                        torch._utils._rebuild_tensor_v2 of storages by persistent id
///   data/N               the bytes of storage N, aligned so that they can be mapped
///   constants.pkl        an empty tuple: tensors there would stay behind in .half() and .to()
///   code/__torch__.py    the class, as text
///   extra/config.txt     what _extra_files = {"config.txt": ""} gives: the framework's metadata as JSON
///   extra/modelport.json the inputs' types and the outputs' names, which the code does not have
///
/// The code is one class with one method `forward` of straight assignments, and one helper method where boxes are
/// suppressed (nms_code.h).
namespace modelport::torchscript::layout {

inline constexpr std::string_view kFile = "model.torchscript";

inline constexpr std::string_view kFolder = "model";
inline constexpr std::string_view kVersionMember = "version";
/// Versions 1 to 10 are read by torch 1.13 to 2.13. Below 10 gelu has no `approximate`, below 5 `full` and below 4
/// `div` mean something else.
inline constexpr std::string_view kVersion = "10\n";
inline constexpr std::string_view kByteOrderMember = "byteorder";
inline constexpr std::string_view kDataMember = "data.pkl";
inline constexpr std::string_view kStorageFolder = "data/";
inline constexpr std::string_view kConstantsMember = "constants.pkl";
inline constexpr std::string_view kCodeMember = "code/__torch__.py";
inline constexpr std::string_view kConfigMember = "extra/config.txt";
inline constexpr std::string_view kSignatureMember = "extra/modelport.json";

inline constexpr std::string_view kModule = "__torch__";
inline constexpr std::string_view kClass = "Net";

/// Bounds of the reader: far beyond any network, far below what would exhaust memory.
inline constexpr uint64_t kMaxTextBytes = uint64_t{64} << 20;
inline constexpr size_t kMaxNesting = 32;

/// An element type: torch's number of it in code (c10/core/ScalarType.h), and the storage class of its pickle.
struct ScalarType {
  DType dtype;
  int64_t number;
  std::string_view storage;
};
inline constexpr std::array kScalarTypes = {
    ScalarType{DType::kUInt8, 0, "ByteStorage"},    ScalarType{DType::kInt8, 1, "CharStorage"},
    ScalarType{DType::kInt16, 2, "ShortStorage"},   ScalarType{DType::kInt32, 3, "IntStorage"},
    ScalarType{DType::kInt64, 4, "LongStorage"},    ScalarType{DType::kFloat16, 5, "HalfStorage"},
    ScalarType{DType::kFloat32, 6, "FloatStorage"}, ScalarType{DType::kFloat64, 7, "DoubleStorage"},
    ScalarType{DType::kBool, 11, "BoolStorage"},    ScalarType{DType::kBFloat16, 15, "BFloat16Storage"},
};

constexpr std::optional<ScalarType> scalar_type(DType dtype) {
  for (const ScalarType& row : kScalarTypes) {
    if (row.dtype == dtype) return row;
  }
  return std::nullopt;
}
constexpr std::optional<DType> dtype_of_number(int64_t number) {
  for (const ScalarType& row : kScalarTypes) {
    if (row.number == number) return row.dtype;
  }
  return std::nullopt;
}

}  // namespace modelport::torchscript::layout
