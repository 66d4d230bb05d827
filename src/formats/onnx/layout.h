#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "tensor/dtype.h"

/// The byte grammar of an ONNX file, written down from onnx/onnx.proto (ONNX 1.23, IR 14): which protobuf field holds
/// what. A file is one ModelProto. Fields that this project neither writes nor reads are left out; the reader treats
/// them as unknown.
namespace modelport::onnx::layout {

/// Protobuf's encoding of one field: a key (field number << 3 | wire type) as a varint, then the payload.
enum class WireType : uint8_t {
  kVarint = 0,      ///< Base-128 integer, least significant group first; int64 in two's complement (ten bytes).
  kFixed64 = 1,     ///< Eight little-endian bytes.
  kDelimited = 2,   ///< Varint length, then that many bytes: strings, embedded messages, packed lists.
  kStartGroup = 3,  ///< Obsolete; refused.
  kEndGroup = 4,    ///< Obsolete; refused.
  kFixed32 = 5,     ///< Four little-endian bytes.
};

/// Largest serialized message that protobuf implementations accept: 2 GiB - 1.
inline constexpr uint64_t kMaxMessageBytes = 0x7fffffff;

namespace model {                                // ModelProto
inline constexpr uint32_t kIrVersion = 1;        ///< varint
inline constexpr uint32_t kProducerName = 2;     ///< string
inline constexpr uint32_t kProducerVersion = 3;  ///< string
inline constexpr uint32_t kDomain = 4;           ///< string
inline constexpr uint32_t kModelVersion = 5;     ///< varint
inline constexpr uint32_t kDocString = 6;        ///< string
inline constexpr uint32_t kGraph = 7;            ///< GraphProto
inline constexpr uint32_t kOpsetImport = 8;      ///< repeated OperatorSetIdProto
inline constexpr uint32_t kMetadataProps = 14;   ///< repeated StringStringEntryProto
}  // namespace model

namespace operator_set {                 // OperatorSetIdProto
inline constexpr uint32_t kDomain = 1;   ///< string; "" and "ai.onnx" are the standard operators
inline constexpr uint32_t kVersion = 2;  ///< varint
}  // namespace operator_set

namespace string_entry {               // StringStringEntryProto
inline constexpr uint32_t kKey = 1;    ///< string
inline constexpr uint32_t kValue = 2;  ///< string
}  // namespace string_entry

namespace graph {                            // GraphProto
inline constexpr uint32_t kNode = 1;         ///< repeated NodeProto, in topological order
inline constexpr uint32_t kName = 2;         ///< string
inline constexpr uint32_t kInitializer = 5;  ///< repeated TensorProto
inline constexpr uint32_t kDocString = 10;   ///< string
inline constexpr uint32_t kInput = 11;       ///< repeated ValueInfoProto
inline constexpr uint32_t kOutput = 12;      ///< repeated ValueInfoProto
inline constexpr uint32_t kValueInfo = 13;   ///< repeated ValueInfoProto: types of inner values, optional
}  // namespace graph

namespace node {                           // NodeProto
inline constexpr uint32_t kInput = 1;      ///< repeated string; "" is an absent optional input
inline constexpr uint32_t kOutput = 2;     ///< repeated string
inline constexpr uint32_t kName = 3;       ///< string
inline constexpr uint32_t kOpType = 4;     ///< string
inline constexpr uint32_t kAttribute = 5;  ///< repeated AttributeProto
inline constexpr uint32_t kDocString = 6;  ///< string
inline constexpr uint32_t kDomain = 7;     ///< string
}  // namespace node

namespace attribute {                        // AttributeProto
inline constexpr uint32_t kName = 1;         ///< string
inline constexpr uint32_t kFloatValue = 2;   ///< fixed32
inline constexpr uint32_t kIntValue = 3;     ///< varint
inline constexpr uint32_t kStringValue = 4;  ///< bytes
inline constexpr uint32_t kIntsValue = 8;    ///< repeated varint, not packed by protoc, packed accepted
inline constexpr uint32_t kDocString = 13;   ///< string
inline constexpr uint32_t kType = 20;        ///< varint, one of the types below
enum class Type : uint64_t { kFloat = 1, kInt = 2, kString = 3, kInts = 7 };
}  // namespace attribute

namespace tensor {                             // TensorProto
inline constexpr uint32_t kDims = 1;           ///< repeated varint
inline constexpr uint32_t kDataType = 2;       ///< varint, see kDataTypes
inline constexpr uint32_t kFloatData = 4;      ///< packed fixed32
inline constexpr uint32_t kInt32Data = 5;      ///< packed varint; also holds the smaller integers and half bits
inline constexpr uint32_t kInt64Data = 7;      ///< packed varint
inline constexpr uint32_t kName = 8;           ///< string
inline constexpr uint32_t kRawData = 9;        ///< bytes: the elements, little-endian, C order
inline constexpr uint32_t kDoubleData = 10;    ///< packed fixed64
inline constexpr uint32_t kDocString = 12;     ///< string
inline constexpr uint32_t kExternalData = 13;  ///< repeated StringStringEntryProto: the elements are in another file
inline constexpr uint32_t kDataLocation = 14;  ///< varint: 0 here, 1 external
}  // namespace tensor

namespace value_info {                     // ValueInfoProto
inline constexpr uint32_t kName = 1;       ///< string
inline constexpr uint32_t kType = 2;       ///< TypeProto
inline constexpr uint32_t kDocString = 3;  ///< string
}  // namespace value_info

namespace type {                                // TypeProto
inline constexpr uint32_t kTensorType = 1;      ///< TypeProto.Tensor
inline constexpr uint32_t kDenotation = 6;      ///< string
inline constexpr uint32_t kTensorElemType = 1;  ///< in TypeProto.Tensor: varint, see kDataTypes
inline constexpr uint32_t kTensorShape = 2;     ///< in TypeProto.Tensor: TensorShapeProto
inline constexpr uint32_t kShapeDim = 1;        ///< in TensorShapeProto: repeated Dimension
inline constexpr uint32_t kDimValue = 1;        ///< in Dimension: varint
inline constexpr uint32_t kDimParam = 2;        ///< in Dimension: string, the name of a size that may vary
inline constexpr uint32_t kDimDenotation = 3;   ///< in Dimension: string
}  // namespace type

/// TensorProto.DataType of a dtype.
struct DataType {
  DType dtype;
  uint64_t code;
};
inline constexpr std::array kDataTypes = {
    DataType{DType::kFloat32, 1},     DataType{DType::kUInt8, 2},       DataType{DType::kInt8, 3},
    DataType{DType::kUInt16, 4},      DataType{DType::kInt16, 5},       DataType{DType::kInt32, 6},
    DataType{DType::kInt64, 7},       DataType{DType::kBool, 9},        DataType{DType::kFloat16, 10},
    DataType{DType::kFloat64, 11},    DataType{DType::kUInt32, 12},     DataType{DType::kUInt64, 13},
    DataType{DType::kComplex64, 14},  DataType{DType::kComplex128, 15}, DataType{DType::kBFloat16, 16},
    DataType{DType::kFloat8E4M3, 17}, DataType{DType::kFloat8E5M2, 19},
};

constexpr uint64_t data_type_code(DType dtype) {
  for (const DataType& row : kDataTypes) {
    if (row.dtype == dtype) return row.code;
  }
  return 0;
}
constexpr std::optional<DType> dtype_of_code(uint64_t code) {
  for (const DataType& row : kDataTypes) {
    if (row.code == code) return row.dtype;
  }
  return std::nullopt;
}

/// The opsets this project writes, and the lowest IR version that may carry each (onnx/onnx docs/Versioning.md).
inline constexpr int64_t kOldestOpset = 11;
inline constexpr int64_t kNewestOpset = 21;
inline constexpr int64_t kNewestIrVersion = 14;
constexpr int64_t lowest_ir_version(int64_t opset) {
  if (opset <= 11) return 6;
  if (opset <= 14) return 7;
  if (opset <= 18) return 8;
  if (opset <= 20) return 9;
  return 10;
}

}  // namespace modelport::onnx::layout
