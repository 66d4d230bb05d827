#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace modelport {

/// Element types that checkpoints hold and graphs compute in. A format's own codes live in that format.
enum class DType : uint8_t {
  kFloat64,
  kFloat32,
  kFloat16,
  kBFloat16,
  kFloat8E4M3,
  kFloat8E5M2,
  kInt64,
  kInt32,
  kInt16,
  kInt8,
  kUInt64,
  kUInt32,
  kUInt16,
  kUInt8,
  kBool,
  kComplex64,
  kComplex128,
};

enum class DTypeKind : uint8_t { kFloat, kInteger, kBool, kComplex };

/// One row per DType: the name that PyTorch and ONNX users know, the size of an element and its kind.
struct DTypeInfo {
  DType dtype;
  std::string_view name;
  int bits;
  DTypeKind kind;
};

inline constexpr DTypeInfo kDTypes[] = {
    {DType::kFloat64, "float64", 64, DTypeKind::kFloat},
    {DType::kFloat32, "float32", 32, DTypeKind::kFloat},
    {DType::kFloat16, "float16", 16, DTypeKind::kFloat},
    {DType::kBFloat16, "bfloat16", 16, DTypeKind::kFloat},
    {DType::kFloat8E4M3, "float8_e4m3fn", 8, DTypeKind::kFloat},
    {DType::kFloat8E5M2, "float8_e5m2", 8, DTypeKind::kFloat},
    {DType::kInt64, "int64", 64, DTypeKind::kInteger},
    {DType::kInt32, "int32", 32, DTypeKind::kInteger},
    {DType::kInt16, "int16", 16, DTypeKind::kInteger},
    {DType::kInt8, "int8", 8, DTypeKind::kInteger},
    {DType::kUInt64, "uint64", 64, DTypeKind::kInteger},
    {DType::kUInt32, "uint32", 32, DTypeKind::kInteger},
    {DType::kUInt16, "uint16", 16, DTypeKind::kInteger},
    {DType::kUInt8, "uint8", 8, DTypeKind::kInteger},
    {DType::kBool, "bool", 8, DTypeKind::kBool},
    {DType::kComplex64, "complex64", 64, DTypeKind::kComplex},
    {DType::kComplex128, "complex128", 128, DTypeKind::kComplex},
};

constexpr const DTypeInfo& dtype_info(DType dtype) { return kDTypes[static_cast<size_t>(dtype)]; }
constexpr std::string_view dtype_name(DType dtype) { return dtype_info(dtype).name; }
constexpr int64_t dtype_bytes(DType dtype) { return dtype_info(dtype).bits / 8; }
constexpr bool is_float(DType dtype) { return dtype_info(dtype).kind == DTypeKind::kFloat; }

/// The largest finite float16.
inline constexpr double kLargestHalf = 65504.0;

/// The type with this name, such as "float32".
constexpr std::optional<DType> dtype_from_name(std::string_view name) {
  for (const DTypeInfo& row : kDTypes) {
    if (row.name == name) return row.dtype;
  }
  return std::nullopt;
}

}  // namespace modelport
